import type { Pool } from '../../platform/postgres/connect.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemIds } from '../../platform/ids.ts';
import type { ScheduleSpec } from '../../schemas/connector.ts';

/** Ids of tests: as real ones, since partitions and paging go by their time. */
export const ids = systemIds(systemClock);

/** What makes an instance of a test different from the plain one. */
export interface InstanceOptions {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly schedule?: ScheduleSpec;
  /** SQL expressions of moments; `due` is next_run_at and due_at. */
  readonly due?: string | null;
  readonly lastTick?: string;
  /** `retryPolicy` of its type. */
  readonly retryPolicy?: Record<string, unknown>;
}

/** Writes an instance with its type, document, lease and, if named, schedule. Returns its id. */
export async function insertInstance(pool: Pool, options: InstanceOptions = {}): Promise<string> {
  const id = ids.uuid();
  const name = options.name ?? `c-${id.slice(-12)}`;
  const key = `t-${id.slice(-12)}`;
  const document = options.retryPolicy === undefined ? {} : { retryPolicy: options.retryPolicy };
  await pool.query(
    `insert into connector_types (connector_key, version, digest, document, config_schema_version, operation_schema_version, origin)
     values ($1, '1.0.0', 'd', $2, 1, 1, '{}')`,
    [key, JSON.stringify(document)],
  );
  await pool.query(
    `insert into connector_instances (connector_instance_id, namespace, name, owner_type, owner_id, connector_key, connector_type_version,
       config_schema_version, enabled, revision, config, credentials, policy, limits, collection, inbound, execution)
     values ($1, 'default', $2, 'group', $1, $3, '1.0.0', 1, $4, 'r1', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`,
    [id, name, key, options.enabled ?? true],
  );
  await pool.query('insert into instance_leases (connector_instance_id) values ($1)', [id]);
  await pool.query(`insert into sources (name, kind, fingerprint) values ('upload', 'upload', '') on conflict do nothing`);
  await pool.query(
    `insert into connector_specs (namespace, name, uid, instance_id, source, spec, spec_digest, submitted_digest, due_at)
     values ('default', $1, $2, $3, 'upload', $4, 'd', 'd', null)`,
    [name, ids.uuid(), id, JSON.stringify({ owner: { type: 'group', id }, type: key })],
  );
  if (options.schedule !== undefined) await insertSchedule(pool, id, options);
  return id;
}

async function insertSchedule(pool: Pool, id: string, options: InstanceOptions): Promise<void> {
  const due = options.due === null ? 'null' : (options.due ?? 'now()');
  await pool.query(
    `insert into schedules (connector_instance_id, schedule, last_tick_at, next_run_at, due_at)
     values ($1, $2, ${options.lastTick ?? 'null'}, ${due}, ${due})`,
    [id, JSON.stringify(options.schedule)],
  );
}

/** Registers a process as platform/beat does, beating or stopped. Returns its id. */
export async function insertProcess(pool: Pool, stopped = false): Promise<string> {
  const id = ids.uuid();
  await pool.query(
    `insert into process_beats (process_id, role, host, pid, pid_started, stopped_at)
     values ($1, 'runtime', 'h', 1, '1', case when $2 then now() end)`,
    [id, stopped],
  );
  return id;
}

/** What the runtime's claim does to the pending run of an instance: it is `starting`, or `running`, for this process. */
export async function claimRun(
  pool: Pool,
  instanceId: string,
  processId: string,
  state: 'starting' | 'running' = 'running',
): Promise<void> {
  const { rowCount } = await pool.query(
    `update runs set state = $3, process_id = $2, due_at = null, started_at = now(),
       start_deadline_at = case when $3 = 'starting' then now() + interval '1 minute' end
      where connector_instance_id = $1 and state = 'pending'`,
    [instanceId, processId, state],
  );
  if (rowCount !== 1) throw new Error(`${rowCount} pending runs to claim`);
}

/** The run rows of an instance, oldest first, as they are stored. */
export async function runsOf(pool: Pool, instanceId: string): Promise<Record<string, unknown>[]> {
  return (await pool.query('select * from runs where connector_instance_id = $1 order by run_id', [instanceId])).rows;
}

/** Who holds an instance, and since which epoch. */
export async function leaseOf(pool: Pool, instanceId: string): Promise<{ epoch: number; run_id: string | null }> {
  const { rows } = await pool.query<{ epoch: number; run_id: string | null }>(
    'select epoch, run_id from instance_leases where connector_instance_id = $1',
    [instanceId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('no lease');
  return row;
}
