import { type Ids, newTraceId } from '../../platform/ids.ts';
import { apiError } from '../apis/errors.ts';
import type { RunControls, StartResult } from '../apis/runs.ts';

/** A run that was started; ids for whoever asked. */
export interface StartedRun {
  readonly runId: string;
  readonly traceId: string;
}

/** Where runs are started. */
export interface StartRunOptions {
  readonly controls: Pick<RunControls, 'start'>;
  readonly ids: Ids;
}

/**
 * Starts a run of one instance on request: the row and the lease in one transaction. It is pending; a runtime claims it as soon as the
 * caps allow. Throws `run_already_active` (details: run_id), `RunRefused` (details: why) or `NotFound`; then nothing was written.
 */
export async function startRun(options: StartRunOptions, instanceId: string, requestedBy: Record<string, unknown>): Promise<StartedRun> {
  const started = { runId: options.ids.uuid(), traceId: newTraceId(options.ids) };
  const result = await options.controls.start({ instanceId, ...started, requestedBy });
  requireStarted(result, instanceId);
  return started;
}

/** Throws the typed error of a start that did not happen. */
export function requireStarted(result: StartResult, instanceId: string): void {
  switch (result.outcome) {
    case 'started':
      return;
    case 'active':
      throw apiError('run_already_active', { run_id: result.runId, namespace: result.namespace, name: result.name });
    case 'refused':
      throw apiError('RunRefused', { namespace: result.namespace, name: result.name, why: result.why });
    case 'absent':
      throw apiError('NotFound', { kind: 'connector instance', name: instanceId });
  }
}
