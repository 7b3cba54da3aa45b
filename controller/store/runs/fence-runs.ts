import { hasSqlState, SqlState } from '../../../platform/postgres/sql-state.ts';
import { apiError } from '../../apis/errors.ts';
import type { FenceCause, LostRuns } from '../../apis/runs.ts';
import type { Database } from '../queryable.ts';
import { inFlight } from './run-columns.ts';

/** A lease that is locked for longer is locked by a session that hangs. */
const LOCK_TIMEOUT_MS = 2_000;

/** Taking runs away from runtimes. */
export function createFences(
  db: Database,
): Pick<LostRuns, 'holders' | 'fenceProcess' | 'fenceOverdue' | 'terminateSessions' | 'forgetProcesses'> {
  return {
    async holders() {
      const { rows } = await db.query(
        `select h.process_id as "processId", b.process_id is null or b.stopped_at is not null as gone
           from (select distinct process_id from runs where state in ${inFlight} and process_id is not null) h
           left join process_beats b using (process_id)`,
      );
      return rows as unknown as { processId: string; gone: boolean }[];
    },
    fenceProcess: (processId, cause) => fence(db, cause, { where: 'r.process_id = $4', values: [processId] }),
    fenceOverdue: (cause, cancelMs) =>
      fence(db, cause, {
        where: `r.process_id is not null and ((r.state = 'starting' and r.start_deadline_at < now())
                or (r.commit_started_at is null and r.cancel_requested_at < now() - $4 * interval '1 ms'))`,
        values: [cancelMs],
      }),
    async terminateSessions(processId) {
      const { rowCount } = await db.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
        `cc-runtime-${processId}`,
      ]);
      return rowCount ?? 0;
    },
    async forgetProcesses(processIds) {
      if (processIds.length === 0) return 0;
      const { rowCount } = await db.query(
        `delete from process_beats b where b.process_id = any ($1::uuid[]) and b.started_at < now() - interval '1 day'
           and not exists (select 1 from runs r where r.process_id = b.process_id and r.state in ${inFlight})
           and not exists (select 1 from source_leases l where l.process_id = b.process_id)`,
        [processIds],
      );
      return rowCount ?? 0;
    },
  };
}

/**
 * Raises the epoch and marks the run as held by nobody until `start_deadline_at`, when it is settled; the attempt ends here.
 * Locks: the leases first, waiting at most LOCK_TIMEOUT_MS, then the runs: the order of every writer of a run.
 */
async function fence(db: Database, cause: FenceCause, which: { where: string; values: unknown[] }): Promise<number> {
  try {
    return await db.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
      const { rowCount } = await tx.query(fenceStatement(which.where), [cause.reason, cause.message, cause.holdMs, ...which.values]);
      return rowCount ?? 0;
    });
  } catch (error) {
    if (hasSqlState(error, SqlState.lockNotAvailable)) throw apiError('LeaseBusy', {}, error);
    throw error;
  }
}

const fenceStatement = (where: string): string => `
  with fenced as (
    update instance_leases l set epoch = l.epoch + 1
      from runs r
     where r.state in ${inFlight} and ${where}
       and l.connector_instance_id = r.connector_instance_id and l.run_id = r.run_id and l.epoch = r.epoch
    returning l.connector_instance_id, l.run_id, l.epoch, r.epoch as lost_epoch, r.process_id as holder
  ), taken as (
    update runs r set epoch = f.epoch, process_id = null, reason = $1, message = $2, failure_class = 'transient',
                      start_deadline_at = now() + $3 * interval '1 ms'
      from fenced f
     where r.connector_instance_id = f.connector_instance_id and r.run_id = f.run_id
    returning r.connector_instance_id, r.run_id, r.attempt, f.lost_epoch, f.holder, r.records_emitted, r.started_at
  )
  insert into run_attempts (connector_instance_id, run_id, attempt, epoch, process_id, state, reason, message, failure_class,
                            records_emitted, started_at, finished_at)
  select connector_instance_id, run_id, attempt, lost_epoch, holder, 'abandoned', $1, $2, 'transient', records_emitted, started_at, now()
    from taken
  on conflict (connector_instance_id, run_id, attempt) do update
    set state = excluded.state, reason = excluded.reason, message = excluded.message, failure_class = excluded.failure_class,
        finished_at = excluded.finished_at`;
