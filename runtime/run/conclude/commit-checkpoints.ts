import { isFault } from '../../../platform/errors.ts';
import type { CheckpointStore } from '../../apis/ports.ts';
import type { RunKey } from '../../apis/run.ts';
import type { CheckpointPlan } from '../../protocol/checkpoints.ts';
import type { KnownGap, KnownGaps } from '../../protocol/known-gaps.ts';
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

/** What became of the cursors; `failed` names the stream whose commit failed. */
export type CommitOutcome = CommitReport & { readonly failed: string | null };

type StreamResult = CommitReport['streams'][number];

/**
 * Commits the eligible cursors one at a time, in manifest order, each in its own fenced transaction (protocol A14, steps 5 and 6).
 * The first failure stops the rest: they are left to the next run, and a known gap names the one that is missing.
 * Throws only `LeaseLost`: then nothing more may be written.
 */
export async function commitCheckpoints(request: CommitRequest, store: Pick<CheckpointStore, 'commit'>): Promise<CommitOutcome> {
  const streams: StreamResult[] = [];
  const failed = await commitInOrder(request, store, streams);
  for (const withheld of request.plan.withheld) streams.push(withhold(withheld, request));
  if (failed !== null) request.gaps.add(missingGap(failed, streams), true);
  const committed = streams.filter(({ result }) => result === 'committed').length;
  return { persist: true, staged: request.staged.size, committed, streams, failed };
}

/** Adds what became of each to `streams`; gives the stream whose commit failed. */
async function commitInOrder(
  request: CommitRequest,
  store: Pick<CheckpointStore, 'commit'>,
  streams: StreamResult[],
): Promise<string | null> {
  let failed: string | null = null;
  for (const stream of request.plan.commit) {
    const done = isStored(stream, request) || (failed === null && (await commitOne(stream, request, store, streams)));
    if (!done) failed ??= stream;
    streams.push({ stream, result: done ? 'committed' : 'failed' });
  }
  return failed;
}

/** Under the policy Incremental the newest cursor may be stored already, and does not go back. */
function withhold({ stream, reason }: CheckpointPlan['withheld'][number], request: CommitRequest): StreamResult {
  if (isStored(stream, request)) return { stream, result: 'committed' };
  request.gaps.add({ ...withheldGap, reason, scope: { stream } }, true);
  return { stream, result: 'withheld' };
}

const withheldGap = { message: 'the checkpoint was withheld', recovery_hint: { action: 'retry_by_runtime' } } as const;

function missingGap(failed: string, streams: readonly StreamResult[]): KnownGap {
  const missing = streams.filter(({ result }) => result === 'failed').map(({ stream }) => stream);
  return {
    reason: 'checkpoint_commit_failed',
    scope: { stream: failed },
    message: 'records are stored, cursors are missing',
    recovery_hint: { action: 'retry_by_runtime' },
    details: { missing },
  };
}

/** The newest cursor was committed during the run. */
function isStored(stream: string, { staged, already }: CommitRequest): boolean {
  return staged.has(stream) && already.get(stream) === staged.get(stream);
}

/** False when the store failed. */
async function commitOne(
  stream: string,
  request: CommitRequest,
  store: Pick<CheckpointStore, 'commit'>,
  before: readonly StreamResult[],
): Promise<boolean> {
  const cursorText = request.staged.get(stream);
  if (cursorText === undefined) return true;
  const committed = before.filter(({ result }) => result === 'committed').length + 1;
  try {
    await store.commit(request.key, { stream, cursorText }, { type: 'run.state_committed', data: { stream, states_committed: committed } });
    return true;
  } catch (error) {
    if (isFault(error, 'LeaseLost')) throw error;
    return false;
  }
}
