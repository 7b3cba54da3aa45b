import { type Ids, newTraceId } from '../../platform/ids.ts';
import { apiError } from '../apis/errors.ts';
import type { RunControls, RunRef } from '../apis/runs.ts';
import { requireStarted, type StartedRun } from './start-run.ts';

/** Where dead letters are replayed. */
export interface ReplayRunOptions {
  readonly controls: Pick<RunControls, 'replay'>;
  readonly ids: Ids;
}

/**
 * Starts a new run in place of a dead letter and takes it off the list, both or neither. The new run names it as `replay_of`.
 * Throws `NotDeadLettered`, and whatever `startRun` throws.
 */
export async function replayRun(options: ReplayRunOptions, letter: RunRef, requestedBy: Record<string, unknown>): Promise<StartedRun> {
  const started = { runId: options.ids.uuid(), traceId: newTraceId(options.ids) };
  const request = { instanceId: letter.instanceId, ...started, requestedBy: { ...requestedBy, replay_of: letter.runId } };
  const result = await options.controls.replay(letter, request);
  if (result.outcome === 'not_dead_lettered') throw apiError('NotDeadLettered', { run_id: letter.runId });
  requireStarted(result, letter.instanceId);
  return started;
}
