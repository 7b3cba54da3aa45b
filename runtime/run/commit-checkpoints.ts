import { isFault } from '../../platform/errors.ts';
import type { CheckpointStore } from '../apis/ports.ts';
import type { RunKey } from '../apis/run.ts';
import type { CheckpointPlan } from '../protocol/checkpoints.ts';
import type { KnownGaps } from '../protocol/known-gaps.ts';
import type { CommitReport } from './outcome-of.ts';

/** What is committed, and on what ground. */
export interface CommitRequest {
  readonly key: RunKey;
  readonly plan: CheckpointPlan;
  /** Newest cursor of each staged checkpoint. */
  readonly staged: ReadonlyMap<string, string>;
  /** Cursors that were committed during the run. */
  readonly already: ReadonlyMap<string, string>;
  readonly gaps: KnownGaps;
}

type StreamResult = CommitReport['streams'][number];

/**
 * Commits the eligible cursors one at a time, in manifest order, each in its own fenced transaction (protocol A14, steps 5 and 6).
 * The first failure stops the rest: they are left to the next run, and a known gap names the one that is missing.
 * Throws only `LeaseLost`: then nothing more may be written.
 */
export async function commitCheckpoints(request: CommitRequest, store: CheckpointStore): Promise<CommitReport & { failed: string | null }> {
  const streams: StreamResult[] = [];
  let failed: string | null = null;
  for (const stream of request.plan.commit) {
    if (failed === null && !(await commitOne(stream, request, store, streams))) failed = stream;
    streams.push({ stream, result: failed === null ? 'committed' : 'failed' });
  }
  for (const { stream, reason } of request.plan.withheld) {
    streams.push({ stream, result: request.already.get(stream) === request.staged.get(stream) ? 'committed' : 'withheld' });
    request.gaps.add(
      { reason, scope: { stream }, message: 'the checkpoint was withheld', recovery_hint: { action: 'retry_by_runtime' } },
      true,
    );
  }
  if (failed !== null) {
    const missing = streams.filter(({ result }) => result === 'failed').map(({ stream }) => stream);
    request.gaps.add(
      {
        reason: 'checkpoint_commit_failed',
        scope: { stream: failed },
        message: 'records are stored, cursors are missing',
        details: { missing },
      },
      true,
    );
  }
  const committed = streams.filter(({ result }) => result === 'committed').length;
  return { persist: true, staged: request.staged.size, committed, streams, failed };
}

/** False when the store failed. */
async function commitOne(
  stream: string,
  request: CommitRequest,
  store: CheckpointStore,
  before: readonly StreamResult[],
): Promise<boolean> {
  const cursorText = request.staged.get(stream);
  if (cursorText === undefined || request.already.get(stream) === cursorText) return true;
  const committed = before.filter(({ result }) => result === 'committed').length + 1;
  try {
    await store.commit(request.key, { stream, cursorText }, { type: 'run.state_committed', data: { stream, states_committed: committed } });
    return true;
  } catch (error) {
    if (isFault(error, 'LeaseLost')) throw error;
    return false;
  }
}
