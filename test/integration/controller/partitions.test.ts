import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { partitionedTables } from '../../../controller/apis/partitions.ts';
import { createMaintenance, preparePartitions } from '../../../controller/dispatch/maintenance.ts';
import { databaseOf } from '../../../controller/store/database.ts';
import { createPartitions } from '../../../controller/store/partitions.ts';
import type { Clock } from '../../../platform/clock.ts';
import { uuidV7, uuidV7Floor } from '../../../platform/ids.ts';
import { createLog } from '../../../platform/log.ts';
import { createDatabase, type TestDatabase } from '../../database.ts';
import { insertInstance, leaseOf } from '../../gen/connector-rows.ts';

let database: TestDatabase;
let lines: string[] = [];
const clockAt = (text: string): Clock => ({ now: () => new Date(text), monotonicMs: () => 0 });

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

function optionsAt(text: string) {
  lines = [];
  const log = createLog({ role: 'test', clock: clockAt(text), write: (line) => void lines.push(line) });
  return { partitions: createPartitions(databaseOf(database.pool)), retentionDays: 90, clock: clockAt(text), log };
}

async function partitionsOf(table: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    'select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1',
    [table],
  );
  return rows.map((row) => row.name);
}

/** A run of that moment; returns the partition that took it. */
async function insertRun(at: string, instanceId: string): Promise<{ runId: string; partition: string }> {
  const runId = uuidV7(Date.parse(at), Buffer.alloc(10, 7));
  const { rows } = await database.pool.query<{ name: string }>(
    `insert into runs (connector_instance_id, run_id, namespace, connector_name, connector_key, connector_type_version, revision, trigger, runner,
       state, epoch, trace_id) values ($1, $2, 'n', 'c', 'k', '1.0.0', 'r', 'manual', 'subprocess', 'pending', 1, 't') returning tableoid::regclass::text as name`,
    [instanceId, runId],
  );
  return { runId, partition: rows[0]?.name ?? '' };
}

test('[RT-6.5] months are made ahead, twice without harm, and take the rows of their time', async () => {
  expect(await preparePartitions(optionsAt('2026-11-21T00:00:00Z'))).toBe(true);
  expect(await preparePartitions(optionsAt('2026-11-21T00:00:00Z'))).toBe(true);
  expect(lines.filter((line) => line.includes('made'))).toEqual([]);
  for (const { table } of partitionedTables) {
    expect(await partitionsOf(table)).toEqual([`${table}_202611`, `${table}_202612`, `${table}_202701`, `${table}_default`]);
  }
  const id = await insertInstance(database.pool);
  expect((await insertRun('2026-11-30T23:59:59.999Z', id)).partition).toBe('runs_202611');
  expect((await insertRun('2026-12-01T00:00:00.000Z', id)).partition).toBe('runs_202612');
  expect((await insertRun('2026-10-01T00:00:00.000Z', id)).partition).toBe('runs_default');
});

test('[RT-6.5] two controllers make them at the same time', async () => {
  await Promise.all([1, 2, 3].map(() => preparePartitions(optionsAt('2027-02-10T00:00:00Z'))));
  expect(await partitionsOf('runs')).toContain('runs_202704');
});

test('[RT-6.5] a month whose rows lie in the default partition already is told and tolerated', async () => {
  const id = await insertInstance(database.pool);
  expect((await insertRun('2027-06-15T00:00:00Z', id)).partition).toBe('runs_default');
  expect(await preparePartitions(optionsAt('2027-06-01T00:00:00Z'))).toBe(true);
  expect(lines.filter((line) => line.includes('stay in the default partition'))).toHaveLength(1);
  expect(await partitionsOf('runs')).toEqual(expect.arrayContaining(['runs_202707']));
  expect(await partitionsOf('runs')).not.toContain('runs_202706');
  expect((await insertRun('2027-06-16T00:00:00Z', id)).partition).toBe('runs_default');
});

test('[RT-6.5] retention drops whole months and old rows of the default partition, and frees what a run that never ended held', async () => {
  const id = await insertInstance(database.pool);
  const { runId } = await insertRun('2026-12-15T00:00:00Z', id);
  await database.pool.query('update instance_leases set run_id = $2 where connector_instance_id = $1', [id, runId]);
  const kept = await insertInstance(database.pool);
  const { runId: keptRun } = await insertRun('2027-01-15T00:00:00Z', kept);
  await database.pool.query('update instance_leases set run_id = $2 where connector_instance_id = $1', [kept, keptRun]);

  await createMaintenance(optionsAt('2027-04-02T00:00:00Z'))();
  expect(await partitionsOf('runs')).not.toContain('runs_202612');
  expect(await partitionsOf('record_changes')).not.toContain('record_changes_202612');
  expect(await partitionsOf('runs')).toContain('runs_202701');
  const { rows } = await database.pool.query('select count(*) as old from runs where run_id < $1', [uuidV7Floor(new Date('2027-01-01'))]);
  expect(rows).toEqual([{ old: 0 }]);
  expect((await leaseOf(database.pool, id)).run_id).toBeNull();
  expect((await leaseOf(database.pool, kept)).run_id).toBe(keptRun);
});

test('[RT-6.5] a table in use is left for the next round, which comes soon', async () => {
  const session = await database.pool.connect();
  try {
    await session.query('begin');
    await session.query('lock table run_logs in access share mode');
    await expect(createMaintenance(optionsAt('2027-07-01T00:00:00Z'))()).resolves.toBe(60_000);
    expect(await partitionsOf('run_logs')).not.toContain('run_logs_202709');
  } finally {
    await session.query('rollback');
    session.release();
  }
  await expect(createMaintenance(optionsAt('2027-07-01T00:00:00Z'))()).resolves.toBe(6 * 3_600_000);
  expect(await partitionsOf('run_logs')).toContain('run_logs_202709');
});

test('[RT-6.5] processes that stopped long ago are forgotten, live ones are not', async () => {
  await database.pool.query(
    `insert into process_beats (process_id, role, host, pid, pid_started, stopped_at)
     values (gen_random_uuid(), 'runtime', 'old', 1, '1', '2028-01-01'), (gen_random_uuid(), 'runtime', 'recent', 1, '1', '2028-01-20'),
            (gen_random_uuid(), 'runtime', 'alive', 1, '1', null)`,
  );
  await createMaintenance(optionsAt('2028-01-21T00:00:00Z'))();
  const { rows } = await database.pool.query('select host from process_beats order by host');
  expect(rows).toEqual([{ host: 'alive' }, { host: 'recent' }]);
});
