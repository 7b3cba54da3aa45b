import type { Pool } from '../../../platform/postgres/connect.ts';

/**
 * Copies the one connector of a database, as the product made it, until there are `count` with schedules of their own. The copies never
 * ran. Nothing is told to anybody: no process of the product may be running.
 */
export async function multiplyConnector(pool: Pool, count: number): Promise<void> {
  await pool.query(`create table copies as select n, 'copy-' || n as name, gen_random_uuid() as uid, gen_random_uuid() as instance_id
                      from generate_series(2, ${count}) as n`);
  await copyRows(pool, 'connector_specs', {
    name: 'copies.name',
    uid: 'copies.uid',
    instance_id: 'copies.instance_id',
    resource_version: `nextval('resource_version_seq')`,
    status: `jsonb_set(row.status - 'lastRun', '{instanceId}', to_jsonb(copies.instance_id))`,
  });
  await copyRows(pool, 'spec_revisions', { spec_uid: 'copies.uid' });
  await copyRows(pool, 'connector_instances', {
    connector_instance_id: 'copies.instance_id',
    name: 'copies.name',
    last_success_at: 'null::timestamptz',
    health_checked_at: 'null::timestamptz',
  });
  for (const table of ['schedules', 'instance_leases']) {
    await copyRows(pool, table, { connector_instance_id: 'copies.instance_id' });
  }
  await pool.query('drop table copies');
  await pool.query('vacuum analyze');
}

/** Copies the only row of a table once for each of `copies`, with other values in some columns. */
async function copyRows(pool: Pool, table: string, changes: Readonly<Record<string, string>>): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  const columns = rows.map(({ name }) => name);
  const values = columns.map((name) => changes[name] ?? `row.${name}`);
  await pool.query(`insert into ${table} (${columns.join(', ')}) select ${values.join(', ')} from ${table} as row, copies`);
}
