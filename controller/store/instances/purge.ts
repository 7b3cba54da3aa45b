import type { Queryable } from '../queryable.ts';

/** Tables that hold what belongs to one instance, children first; schedules and leases go with the instance itself. */
const INSTANCE_TABLES = [
  'run_logs',
  'run_events',
  'run_attempts',
  'runs',
  'checkpoints',
  'stream_versions',
  'record_changes',
  'records',
] as const;

/**
 * Erases instances whose retention is over, with everything that was collected; audit rows stay. Call it in a transaction: one instance
 * goes whole or not at all. One that a run holds, or whose document came back, is left. Returns the ids that went.
 */
export async function purgeExpiredInstances(tx: Queryable, limit: number): Promise<string[]> {
  const { rows } = await tx.query(
    `select i.connector_instance_id, i.namespace, i.name from connector_instances i
     join instance_leases l on l.connector_instance_id = i.connector_instance_id
     where i.purge_after <= now() and i.deleted_at is not null and l.run_id is null
       and not exists (select from connector_specs s where s.instance_id = i.connector_instance_id)
     order by i.purge_after limit $1 for update of i, l skip locked`,
    [limit],
  );
  const ids = rows.map((row) => row['connector_instance_id'] as string);
  if (ids.length === 0) return [];
  for (const table of INSTANCE_TABLES) await tx.query(`delete from ${table} where connector_instance_id = any($1::uuid[])`, [ids]);
  await tx.query(
    `with gone as (
       delete from connector_instances where connector_instance_id = any($1::uuid[]) returning connector_instance_id, namespace, name)
     insert into audit_events (actor, action, outcome, namespace, name, connector_instance_id)
     select '{"kind": "controller", "name": "reconcile"}', 'connector.instance.purge', 'carried_out', namespace, name, connector_instance_id
     from gone`,
    [ids],
  );
  return ids;
}
