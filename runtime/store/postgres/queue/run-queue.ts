import type { Log } from '../../../../platform/log.ts';
import type { Pool, Session } from '../../../../platform/postgres/connect.ts';
import type { RunControl, RunQueue } from '../../../apis/ports.ts';
import type { RunAssignment, RunKey } from '../../../apis/run.ts';
import { type ClaimBounds, claimDueRunsOf } from './claim-due-runs.ts';
import { decodeAssignment } from './decode-assignment.ts';
import { WakeSignal } from './wake-signal.ts';

/** Channel on which due runs are told. Whoever listens on it calls `wake`. */
export const RUNS_DUE_CHANNEL = 'runs_due';

/** The adapter of `RunQueue`. */
export interface PostgresRunQueue extends RunQueue {
  /** A notification came, or may have been missed: whoever waits for work looks again. */
  wake(): void;
}

/** While due runs are left, because a cap is full or they came after the claim: not at once again, which would be a busy loop. */
const OVERDUE_WAIT_MS = 500;

/**
 * Opens the queue over a pool. Claims and reads are single statements; nothing but what a connection has prepared is kept between them.
 * A claimed run that cannot be read is logged and left to its start deadline.
 */
export function createRunQueue(pool: Pool, bounds: ClaimBounds, log: Pick<Log, 'error'>): PostgresRunQueue {
  const signal = new WakeSignal();
  const claimDueRuns = claimDueRunsOf(pool);
  return {
    async claim(processId, capacity) {
      if (capacity < 1) return [];
      return readable(await claimDueRuns({ ...bounds, processId, capacity }), log);
    },
    async waitForWork(maxMs, stop) {
      await signal.sleep(Math.min(maxMs, await dueInMs(pool)), stop);
    },
    readControl: (processId, keys) => readControl(pool, processId, keys),
    wake: () => signal.wake(),
  };
}

/** Row by row: one that nobody can read must not hold up those that were claimed with it. */
function readable(rows: readonly Record<string, unknown>[], log: Pick<Log, 'error'>): RunAssignment[] {
  return rows.flatMap((row) => {
    try {
      return [decodeAssignment(row)];
    } catch (error) {
      const kind = Error.isError(error) ? error.name : typeof error;
      const { run_id: run, connector_name: connector, connector_key: type, connector_type_version: version } = row;
      log.error({ run, connector, type, version, kind }, 'claimed run cannot be read and is left to its start deadline');
      return [];
    }
  });
}

/** Time to the next due run by the database's clock; infinite without one. Two probes of the index on `due_at`. */
const NEXT_DUE = `
select exists (select from runs where due_at <= now()) as overdue,
       (extract(epoch from (select min(due_at) from runs where due_at > now()) - now()) * 1000)::float8 as ms`;

async function dueInMs(db: Session): Promise<number> {
  const { rows } = await db.query<{ overdue: boolean; ms: number | null }>(NEXT_DUE);
  const dueMs = rows[0]?.ms ?? Number.POSITIVE_INFINITY;
  return rows[0]?.overdue === true ? Math.min(OVERDUE_WAIT_MS, dueMs) : dueMs;
}

/** Lost wins over cancel: a run under another epoch is none of this process's business. */
const READ_CONTROL = `
select k.run_id, case when l.epoch is distinct from k.epoch or l.run_id is distinct from k.run_id or r.process_id is distinct from $1::uuid
                      then 'lost' else 'cancel' end as signal
  from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as k (connector_instance_id, run_id, epoch)
  left join instance_leases l on l.connector_instance_id = k.connector_instance_id
  left join runs r on r.connector_instance_id = k.connector_instance_id and r.run_id = k.run_id
 where l.epoch is distinct from k.epoch or l.run_id is distinct from k.run_id or r.process_id is distinct from $1::uuid
    or r.cancel_requested_at is not null`;

async function readControl(db: Session, processId: string, keys: readonly RunKey[]): Promise<RunControl[]> {
  if (keys.length === 0) return [];
  const columns = [keys.map((key) => key.connectorInstanceId), keys.map((key) => key.runId), keys.map((key) => key.epoch)];
  const { rows } = await db.query<{ run_id: string; signal: RunControl['signal'] }>(READ_CONTROL, [processId, ...columns]);
  return rows.map((row) => ({ runId: row.run_id, signal: row.signal }));
}
