import type { CancelResult, RunRef } from '../../apis/runs.ts';
import { inFlightStates, type RunState } from '../../../schemas/run-words.ts';
import type { Queryable } from '../queryable.ts';
import { inFlight } from './run-columns.ts';

/**
 * Cancels inside the caller's transaction. A run in flight is only asked: the request and the runtime's commit compete for one row, and
 * whoever writes first wins. A pending run ends here. Twice, since a pending run may be claimed between the two looks.
 */
export async function cancelRunIn(tx: Queryable, run: RunRef, requestedBy: Record<string, unknown>): Promise<CancelResult> {
  for (let look = 1; look <= 2; look++) {
    if (await requestCancel(tx, run, requestedBy)) return { outcome: 'requested' };
    if (await endPending(tx, run, requestedBy)) return { outcome: 'cancelled' };
  }
  const { rows } = await tx.query('select state from runs where connector_instance_id = $1 and run_id = $2', [run.instanceId, run.runId]);
  const state = rows[0]?.['state'] as RunState | undefined;
  if (state === undefined) return { outcome: 'absent' };
  return { outcome: (inFlightStates as readonly RunState[]).includes(state) ? 'too_late' : 'finished', state };
}

async function requestCancel(tx: Queryable, run: RunRef, requestedBy: Record<string, unknown>): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update runs set cancel_requested_at = coalesce(cancel_requested_at, now()), cancel_requested_by = coalesce(cancel_requested_by, $3::jsonb)
      where connector_instance_id = $1 and run_id = $2 and state in ${inFlight} and commit_started_at is null`,
    [run.instanceId, run.runId, JSON.stringify(requestedBy)],
  );
  if ((rowCount ?? 0) === 0) return false;
  await tx.query(`select pg_notify('runs_control', '')`);
  return true;
}

/** Lock order: lease before run, as every writer of a run has it. */
async function endPending(tx: Queryable, run: RunRef, requestedBy: Record<string, unknown>): Promise<boolean> {
  await tx.query('select 1 from instance_leases where connector_instance_id = $1 for update', [run.instanceId]);
  const { rowCount } = await tx.query(
    `with ended as (
       update runs set state = 'cancelled', reason = 'cancelled', message = 'Cancelled on request before it started.',
                       failure_class = 'permanent', due_at = null, finished_at = now(), cancel_requested_at = now(), cancel_requested_by = $3::jsonb
        where connector_instance_id = $1 and run_id = $2 and state = 'pending'
       returning connector_instance_id, run_id, attempt, message
     ), freed as (
       update instance_leases l set run_id = null from ended e
        where l.connector_instance_id = e.connector_instance_id and l.run_id = e.run_id
     )
     insert into run_events (connector_instance_id, run_id, attempt, type, data)
     select connector_instance_id, run_id, attempt, 'run.failed',
            jsonb_build_object('reason', 'cancelled', 'message', message, 'records_emitted', 0,
              'checkpoint', jsonb_build_object('commit_status', 'not_committed', 'staged', 0, 'committed', 0), 'known_gaps', '[]'::jsonb)
       from ended`,
    [run.instanceId, run.runId, JSON.stringify(requestedBy)],
  );
  return (rowCount ?? 0) > 0;
}
