import { type Ids, newTraceId } from '../../../platform/ids.ts';
import type { ReconcileStore } from '../../apis/ports.ts';
import type { CancelResult, RunControls, StartResult } from '../../apis/runs.ts';
import type { PlannedObject } from '../connector/apply.ts';
import { CONTROLLER } from '../connector/decide/audit-of.ts';

/** Where runs are started and cancelled for request tokens and removals. */
export interface EffectDeps {
  readonly store: Pick<ReconcileStore, 'recordRequest'>;
  readonly runs: Pick<RunControls, 'start' | 'cancel'>;
  readonly ids: Ids;
}

/**
 * What a plan does outside its transaction, after the commit: the rows of runs have transactions of their own. A crash in between is
 * repaired by the next pass, which finds the token still pending, or the run still active, and plans the same again; an active run makes
 * a second start harmless.
 */
export async function carryOut(deps: EffectDeps, { spec, plan }: PlannedObject): Promise<void> {
  const key = { namespace: spec.namespace, name: spec.name };
  const token = (kind: string): string | undefined => {
    const handled = plan.handledRequests[kind];
    return handled?.result === 'pending' ? handled.token : undefined;
  };
  if (plan.cancelRun !== null) {
    const result = await deps.runs.cancel(plan.cancelRun, { ...CONTROLLER });
    const cancel = token('cancel');
    const word = cancelWord(result, plan.cancelRun.runId);
    if (cancel !== undefined) await deps.store.recordRequest(key, 'cancel', { token: cancel, result: word });
  }
  const run = token('run');
  if (!plan.startRun || run === undefined) return;
  const runId = deps.ids.uuid();
  const requestedBy = { kind: 'source', name: spec.source, token: run };
  const result = await deps.runs.start({ instanceId: spec.instanceId, runId, traceId: newTraceId(deps.ids), requestedBy });
  await deps.store.recordRequest(key, 'run', { token: run, result: resultWord(result, runId) });
}

function resultWord(result: StartResult, runId: string): string {
  switch (result.outcome) {
    case 'started':
      return `run ${runId}`;
    case 'active':
      return `run_already_active ${result.runId}`;
    case 'refused':
      return 'RunRefused';
    case 'absent':
      return 'NotFound';
  }
}

function cancelWord({ outcome }: CancelResult, runId: string): string {
  switch (outcome) {
    case 'cancelled':
    case 'requested':
      return `run ${runId}`;
    case 'too_late':
      return `CancelTooLate ${runId}`;
    case 'finished':
      return `RunFinished ${runId}`;
    case 'absent':
      return 'NotFound';
  }
}
