import { isFault } from '../../../platform/errors.ts';
import { abortableSleep } from '../../../platform/loop.ts';
import type { RunAssignment } from '../../apis/run.ts';
import { eligibleCheckpoints } from '../../protocol/checkpoints.ts';
import type { KnownGaps } from '../../protocol/known-gaps.ts';
import type { RunFault, RunVerdict } from '../../protocol/outcome.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import type { Conversed } from '../converse/converse.ts';
import { ownFault } from '../own-fault.ts';
import type { Prepared } from '../prepare/prepare-run.ts';
import type { RunParts } from '../run-parts.ts';
import type { RunStop } from '../run-stop.ts';
import { type CommitOutcome, commitCheckpoints } from './commit-checkpoints.ts';
import { endAttempt } from './end-attempt.ts';
import type { CommitReport, EndFacts } from './outcome-of.ts';
import { cancelledVerdict, faultVerdict, verdictOf } from './verdict-of.ts';

/** How an attempt came to its end: without a child, or with its conversation over. */
export type Conclusion =
  | { readonly kind: 'refused'; readonly fault: RunFault }
  | ({ readonly kind: 'ended'; readonly prepared: Prepared } & Conversed);

/** What a conclusion is drawn with. */
export interface Concluding {
  readonly stop: RunStop;
  readonly gaps: KnownGaps;
  readonly redactor: Redactor;
  readonly parts: RunParts;
}

type Ended = Conclusion & { kind: 'ended' };

const nothingStaged: CommitReport = { persist: true, staged: 0, committed: 0, streams: [] };

/**
 * Decides the outcome, commits what may be committed, and writes the terminal row; repeats that until it is written or the lease is
 * lost. Under a lost lease nothing is written at all.
 */
export async function concludeRun(run: RunAssignment, conclusion: Conclusion, concluding: Concluding): Promise<void> {
  try {
    if (concluding.stop.cause === 'lost') return;
    const facts =
      conclusion.kind === 'refused' ? refusedFacts(conclusion.fault, concluding) : await endedFacts(run, conclusion, concluding);
    await endAttempt(run, facts, concluding.stop, concluding.parts);
  } catch (error) {
    // Another attempt is in force: this one has no more to say.
    if (!isFault(error, 'LeaseLost')) throw error;
  } finally {
    if (conclusion.kind === 'ended') {
      conclusion.ingest.abort();
      conclusion.timeline.abandon();
    }
  }
}

function refusedFacts(fault: RunFault, concluding: Concluding): EndFacts {
  const verdict = concluding.stop.cause === 'cancel' ? cancelledVerdict() : faultVerdict(fault);
  return { ...base(concluding), verdict, session: null, commit: nothingStaged, dropped: 0, killEscalated: false, orphansKilled: 0 };
}

function base({ gaps, redactor }: Concluding): Pick<EndFacts, 'gaps' | 'redact' | 'retryAfterMs'> {
  return { gaps, redact: redactor.text, retryAfterMs: null };
}

async function endedFacts(run: RunAssignment, ended: Ended, concluding: Concluding): Promise<EndFacts> {
  const { session, sample, ingest, disposal, end } = ended;
  const fault = await settleOwnSide(ended, concluding);
  // Whatever is not durable by now never will be: a violation, a stop or a fault ended the run before its DONE was dealt with.
  const dropped = ingest.abort();
  for (const gap of sample.gaps(concluding.redactor.text)) concluding.gaps.add(gap);
  const judged = verdictOf({ stop: concluding.stop, session, exit: end.exit, fault });
  const verdict = await againstCancel(run, judged, concluding);
  const commit = verdict.commit === 'none' ? null : await commitEligible(run, ended, verdict, concluding);
  return { ...base(concluding), ...disposal, session, dropped, verdict, commit: asTheyCame(ended), ...commit };
}

/** A cancel on record outranks every other ending, until this update of the row is first: then it is too late. */
async function againstCancel(run: RunAssignment, verdict: RunVerdict, { stop, parts }: Concluding): Promise<RunVerdict> {
  // A run that is left has no time for it: should it be tried again, the cancel is found then.
  if (verdict.reason === 'cancelled' || verdict.state === 'abandoned' || stop.has('handover')) return verdict;
  try {
    return (await parts.journal.beginCommit(run)) ? verdict : cancelledVerdict();
  } catch (error) {
    if (isFault(error, 'LeaseLost')) throw error;
    return verdict.commit === 'none' ? verdict : faultVerdict(ownFault(error));
  }
}

/**
 * What is still under way on our side: the last flush and events. After a DONE all that was accepted is made durable, in any other ending
 * the events of what happened are. A failure of it is a runtime error of the run, unless a fault came before: the first one is told.
 */
async function settleOwnSide({ session, actions, timeline, end }: Ended, { stop, parts }: Concluding): Promise<RunFault | null> {
  // Others may believe this process dead: nothing more of the run itself, only its end, if it is still ours to write.
  if (stop.cause === 'beat_lost') return end.fault;
  try {
    if (end.fault !== null) await within(parts.timings.settleMs, timeline.settle());
    else if (session.done !== null && session.violation === null && stop.cause === null) await actions.settle();
    else await timeline.settle();
    return end.fault;
  } catch (error) {
    if (isFault(error, 'LeaseLost')) throw error;
    return end.fault ?? ownFault(error);
  }
}

/** Waits for `work`, but not longer than `maxMs`: the end of the run has to be told too. */
async function within(maxMs: number, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([work, abortableSleep(maxMs, over.signal)]);
  } finally {
    over.abort();
  }
}

/** Cursors that were committed during the run count, whatever its end is. */
function asTheyCame({ prepared, actions }: Ended): CommitReport {
  const streams = [...actions.committed.keys()].map((stream) => ({ stream, result: 'committed' as const }));
  return { persist: prepared.persist, staged: actions.staged.size, committed: streams.length, streams };
}

/** Commits by protocol A14. What it gives replaces the facts of that name. */
async function commitEligible(
  run: RunAssignment,
  { prepared, session, actions }: Ended,
  verdict: RunVerdict,
  { gaps, parts }: Concluding,
): Promise<Partial<EndFacts> | null> {
  if (!prepared.persist) return null;
  const plan = eligibleCheckpoints({
    manifest: prepared.manifest,
    scoped: new Set(prepared.checks.keys()),
    staged: new Set(actions.staged.keys()),
    failedStreams: session.failedStreams,
    reports: [],
    certifiedFailure: verdict.certifiedFailure,
  });
  const request = { key: run, plan, staged: actions.staged, already: actions.committed, gaps };
  const commit = await commitCheckpoints(request, parts.checkpoints);
  return commit.failed === null ? { commit } : { commit, verdict: commitFailed(commit) };
}

function commitFailed({ failed, staged, committed }: CommitOutcome): RunVerdict {
  const totals = `${staged} staged, ${committed} committed`;
  return faultVerdict({ reason: 'CommitFailed', message: `the cursor of ${failed} was not committed: ${totals}; the records are stored` });
}
