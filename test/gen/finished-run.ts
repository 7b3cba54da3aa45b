import { systemClock } from '../../platform/clock.ts';
import { systemIds } from '../../platform/ids.ts';
import type { Pool } from '../../platform/postgres/connect.ts';

const ids = systemIds(systemClock);

/** How a run of a test ended. */
export interface FinishedRun {
  readonly state?: 'succeeded' | 'failed' | 'abandoned' | 'cancelled' | 'running' | 'pending';
  readonly reason?: string;
  readonly message?: string;
  readonly failureClass?: string;
  readonly connectorError?: Record<string, unknown>;
  /** SQL expression; default now(). */
  readonly finishedAt?: string;
  readonly started?: boolean;
}

const SUCCEEDED = { state: 'succeeded', reason: null, message: null, failureClass: null, started: true };

/** Writes a run of the named connector and makes the connector due, as the runtime does when a run ends. Returns the run's id. */
export async function finishRun(pool: Pool, name: string, run: FinishedRun = {}): Promise<string> {
  const runId = ids.uuid();
  const { state, reason, message, failureClass, started } = { ...SUCCEEDED, ...run };
  const active = state === 'running' || state === 'pending';
  const error = run.connectorError === undefined ? null : JSON.stringify(run.connectorError);
  await pool.query(
    `insert into runs (connector_instance_id, run_id, namespace, connector_name, connector_key, connector_type_version, revision, trigger,
       runner, state, reason, message, failure_class, connector_error, epoch, trace_id, started_at, finished_at, records_emitted)
     select connector_instance_id, $2, namespace, name, connector_key, connector_type_version, revision, 'manual', 'subprocess', $3, $4, $5,
       $6, $7, 1, 't', case when $8 then now() end, case when not $9 then (${run.finishedAt ?? 'now()'})::timestamptz end, 3
     from connector_instances where name = $1 and deleted_at is null`,
    [name, runId, state, reason, message, failureClass, error, started, active],
  );
  if (active) {
    await pool.query(
      `update instance_leases set run_id = $2, epoch = epoch + 1
       where connector_instance_id = (select connector_instance_id from connector_instances where name = $1 and deleted_at is null)`,
      [name, runId],
    );
  }
  await pool.query('update connector_specs set due_at = now() where name = $1', [name]);
  return runId;
}

/** Ends a run that `finishRun` left active, and gives its lease back. */
export async function endRun(pool: Pool, name: string, runId: string, state = 'cancelled'): Promise<void> {
  await pool.query(`update runs set state = $2, finished_at = now(), due_at = null where run_id = $1`, [runId, state]);
  await pool.query('update instance_leases set run_id = null where run_id = $1', [runId]);
  await pool.query('update connector_specs set due_at = now() where name = $1', [name]);
}
