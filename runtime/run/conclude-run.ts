import { setTimeout as sleep } from 'node:timers/promises';
import { isFault } from '../../platform/errors.ts';
import { type Backoff, decideRetry } from '../../platform/retry-policy.ts';
import { durationMs } from '../../schemas/fields/duration.ts';
import type { CheckpointStore, RunJournal } from '../apis/ports.ts';
import type { AttemptOutcome, RunAssignment } from '../apis/run.ts';
import type { Disposal } from '../apis/sandbox.ts';
import { eligibleCheckpoints } from '../protocol/checkpoints.ts';
import type { KnownGaps } from '../protocol/known-gaps.ts';
import { decideOutcome, failureVerdict, type RunVerdict } from '../protocol/outcome.ts';
import type { ProtocolSession } from '../protocol/session.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { MessageActions } from './act-on-message.ts';
import { commitCheckpoints } from './commit-checkpoints.ts';
import type { ConversationEnd } from './conversation.ts';
import type { OwnedIngest } from './execute-run.ts';
import { type CommitReport, type EndFacts, outcomeOf, terminalEvent } from './outcome-of.ts';
import type { Prepared } from './prepare.ts';
import type { RunStop } from './run-stop.ts';
import type { Timeline } from './timeline.ts';

/** What is known at the end of an attempt: it never came to a child, or its conversation is over. */
export type Conclusion = {
  readonly stop: RunStop;
  readonly gaps: KnownGaps;
  readonly redactor: Redactor;
} & (
  | { readonly kind: 'refused'; readonly verdict: RunVerdict }
  | {
      readonly kind: 'ended';
      readonly end: ConversationEnd;
      readonly session: ProtocolSession;
      readonly prepared: Prepared;
      readonly actions: MessageActions;
      readonly timeline: Timeline;
      readonly ingest: OwnedIngest;
      readonly disposal: Disposal;
    }
);

/** What concluding needs of the process. */
export interface ConcludeParts {
  readonly journal: RunJournal;
  readonly checkpoints: CheckpointStore;
  /** Cap over every type's retries. */
  readonly maxRetries: number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Told when the terminal row could not be written yet. */
  onUnwritten(run: RunAssignment, error: unknown): void;
}

const noCommit: CommitReport = { persist: true, staged: 0, committed: 0, streams: [] };
/** Backoff of a type that declares none. */
const DEFAULT_BACKOFF: Backoff = { maxRetries: 3, initialMs: 1_000, factor: 2, maxMs: 300_000 };
const UNWRITTEN_PAUSE_MS = 1_000;
const UNWRITTEN_PAUSE_MAX_MS = 15_000;

/** Decides the outcome, commits what may be committed, and writes the terminal row; repeats that until it is written or the lease is lost. */
export async function concludeRun(run: RunAssignment, conclusion: Conclusion, parts: ConcludeParts): Promise<void> {
  if (conclusion.stop.cause === 'lost') return;
  try {
    const facts = conclusion.kind === 'refused' ? refusedFacts(conclusion) : await endedFacts(run, conclusion, parts);
    if (facts === null) return;
    await finish(run, facts, conclusion.stop, parts);
  } catch (error) {
    // Another attempt is in force: this one has no more to say.
    if (!isFault(error, 'LeaseLost')) throw error;
  }
}

function refusedFacts(conclusion: Conclusion & { kind: 'refused' }): EndFacts {
  const { stop, verdict } = conclusion;
  const stopped = stop.cause === 'cancel' ? cancelledVerdict() : stop.cause === 'handover' ? handoverVerdict() : verdict;
  return { ...quiet(conclusion), verdict: stopped, session: null, commit: noCommit, dropped: 0 };
}

function quiet({ gaps, redactor }: Conclusion): Pick<EndFacts, 'gaps' | 'redact' | 'retryAfterMs' | 'killEscalated' | 'orphansKilled'> {
  return { gaps, redact: redactor.text, retryAfterMs: null, killEscalated: false, orphansKilled: 0 };
}

/** Null: the lease was lost on the way. */
async function endedFacts(run: RunAssignment, conclusion: Conclusion & { kind: 'ended' }, parts: ConcludeParts): Promise<EndFacts | null> {
  const { session, prepared, actions, timeline, ingest, end } = conclusion;
  const flushFault = await settleOwnSide(conclusion);
  const dropped = ingest.abort();
  const verdict = verdictOf(conclusion, end.fault ?? flushFault);
  if (!verdict.mayWrite) return null;
  const report: CommitReport = {
    persist: prepared.persist,
    staged: session.staged.size,
    committed: [...actions.committed].filter(([stream, cursor]) => session.staged.get(stream) === cursor).length,
    streams: [...actions.committed.keys()].map((stream) => ({ stream, result: 'committed' as const })),
  };
  const base = { ...quiet(conclusion), ...conclusion.disposal, session, dropped };
  if (verdict.commit === 'none') return { ...base, verdict, commit: report };
  if (!(await parts.journal.beginCommit(run))) return { ...base, verdict: cancelledVerdict(), commit: report };
  if (!prepared.persist) return { ...base, verdict, commit: report };
  const plan = eligibleCheckpoints({
    manifest: prepared.manifest,
    scoped: new Set(prepared.checks.keys()),
    staged: new Set(session.staged.keys()),
    failedStreams: session.failedStreams,
    reports: [],
    certifiedFailure: verdict.certifiedFailure,
  });
  const commit = await commitCheckpoints(
    { key: run, plan, staged: session.staged, already: actions.committed, gaps: conclusion.gaps },
    parts.checkpoints,
  );
  await timeline.settle().catch(() => undefined);
  return { ...base, commit, verdict: commit.failed === null ? verdict : commitFailed(commit) };
}

/** What is still under way on our side: the last flush and events. Their failure is a runtime error of the run. */
async function settleOwnSide({
  stop,
  session,
  ingest,
  actions,
  timeline,
}: Conclusion & { kind: 'ended' }): Promise<ConversationEnd['fault']> {
  try {
    if (session.done !== null && stop.cause === null) {
      await ingest.close();
      await actions.settle();
    }
    await timeline.settle();
    return null;
  } catch (error) {
    if (isFault(error, 'LeaseLost')) throw error;
    const reason = isFault(error, 'RecordUnstorable')
      ? 'RecordUnstorable'
      : isFault(error, 'DatabaseUnavailable')
        ? 'DatabaseUnavailable'
        : 'InternalError';
    return { reason, message: error instanceof Error ? error.message : String(error) };
  }
}

function verdictOf({ stop, session, end }: Conclusion & { kind: 'ended' }, fault: ConversationEnd['fault']): RunVerdict {
  if (stop.cause === 'handover') return handoverVerdict();
  const deadline =
    stop.cause === 'deadline'
      ? ({ reason: 'DeadlineExceeded', message: 'the run took longer than spec.execution.timeoutSeconds' } as const)
      : null;
  const killed = end.exit.oom
    ? ({ reason: 'OutOfMemory', message: 'the connector went over its memory limit and was killed' } as const)
    : null;
  return decideOutcome({
    leaseLost: false,
    cancelled: stop.cause === 'cancel',
    session,
    fault: deadline ?? killed ?? fault,
    exit: end.exit,
  });
}

function handoverVerdict(): RunVerdict {
  return {
    ...failureVerdict({ reason: 'RuntimeStopped', message: 'the runtime was stopped while the run was going' }),
    state: 'abandoned',
  };
}

function cancelledVerdict(): RunVerdict {
  return { ...failureVerdict({ reason: 'cancelled', message: 'cancelled on request; no checkpoint was committed' }), state: 'cancelled' };
}

function commitFailed(commit: CommitReport & { failed: string | null }): RunVerdict {
  return failureVerdict({
    reason: 'CommitFailed',
    message: `the cursor of ${commit.failed} was not committed: ${commit.staged} staged, ${commit.committed} committed; the records are stored`,
  });
}

/** Writes the end until it is written: a run that this process still holds may not stay open because the database was away. */
async function finish(run: RunAssignment, facts: EndFacts, stop: RunStop, parts: ConcludeParts): Promise<void> {
  const outcome = outcomeOf(facts);
  const retry = retryOf(run, outcome, parts);
  for (let pauseMs = UNWRITTEN_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, UNWRITTEN_PAUSE_MAX_MS)) {
    try {
      await parts.journal.finish(run, outcome, terminalEvent(outcome, facts), retry);
      return;
    } catch (error) {
      if (isFault(error, 'LeaseLost') || stop.cause === 'lost') return;
      parts.onUnwritten(run, error);
      // A runtime that is going down leaves the row to the takeover: its beat ends with it.
      if (stop.cause === 'handover') return;
      await sleep(pauseMs);
    }
  }
}

/** Only an attempt that was not ended by a person is tried again, and a manual one not after our own stop. */
function retryOf(run: RunAssignment, outcome: AttemptOutcome, parts: ConcludeParts): { delayMs: number } | null {
  const byUs = outcome.state === 'abandoned' && run.trigger === 'manual';
  return decideRetry({
    attempt: run.attempt,
    retryable: outcome.retryable && !byUs && outcome.state !== 'cancelled',
    retryAfterMs: outcome.retryAfterMs,
    backoff: backoffOf(run),
    globalMaxRetries: parts.maxRetries,
    random: parts.random(),
  });
}

function backoffOf(run: RunAssignment): Backoff {
  const policy = run.type.retryPolicy;
  const { initial, max, factor } = policy?.backoff ?? {};
  return {
    maxRetries: policy?.maxRetries ?? DEFAULT_BACKOFF.maxRetries,
    initialMs: durationMs(initial ?? '') ?? DEFAULT_BACKOFF.initialMs,
    factor: factor ?? DEFAULT_BACKOFF.factor,
    maxMs: durationMs(max ?? '') ?? DEFAULT_BACKOFF.maxMs,
  };
}
