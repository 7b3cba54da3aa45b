import { apiError } from '../apis/errors.ts';
import type { RunControls, RunRef } from '../apis/runs.ts';

/**
 * Cancels a run. A pending one ends at once (`cancelled`); one that a runtime holds is asked to stop and ends within its grace
 * (`requested`; asking again changes nothing). Throws `CancelTooLate` once its checkpoints are being committed, `RunFinished` when it is
 * over, `NotFound` when there is none.
 */
export async function cancelRun(
  controls: Pick<RunControls, 'cancel'>,
  run: RunRef,
  requestedBy: Record<string, unknown>,
): Promise<'cancelled' | 'requested'> {
  const result = await controls.cancel(run, requestedBy);
  switch (result.outcome) {
    case 'cancelled':
    case 'requested':
      return result.outcome;
    case 'too_late':
      throw apiError('CancelTooLate', { run_id: run.runId });
    case 'finished':
      throw apiError('RunFinished', { run_id: run.runId, state: result.state });
    case 'absent':
      throw apiError('NotFound', { kind: 'run', name: run.runId });
  }
}
