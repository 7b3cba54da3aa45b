import { backoffMs, type BackoffShape } from '../../../platform/backoff.ts';
import { isFault } from '../../../platform/errors.ts';
import { abortableSleep } from '../../../platform/loop.ts';
import { sqlStateOf } from '../../../platform/postgres/sql-state.ts';
import { backoffOf, decideRetry } from '../../../platform/retry-policy.ts';
import type { AttemptOutcome, RunAssignment } from '../../apis/run.ts';
import { KnownGaps } from '../../protocol/known-gaps.ts';
import type { RunParts } from '../run-parts.ts';
import type { RunStop } from '../run-stop.ts';
import { type EndFacts, outcomeOf, terminalEvent } from './outcome-of.ts';
import { faultVerdict } from './verdict-of.ts';

const unwrittenBackoff: BackoffShape = { initialMs: 1_000, maxMs: 15_000 };

type EndParts = Pick<RunParts, 'journal' | 'maxRetries' | 'random' | 'log'>;

/**
 * Writes the end of an attempt until it is written: a run that this process still holds may not stay open because the database was away.
 * Gives up when the lease is lost, when the run has ended without us, and when the process itself is going: its beat ends with it, and
 * the takeover settles the run. An end that PostgreSQL refuses for its content is written without the connector's words.
 */
export async function endAttempt(run: RunAssignment, facts: EndFacts, stop: RunStop, parts: EndParts): Promise<void> {
  let told = facts;
  for (let failures = 1; stop.cause !== 'lost'; failures++) {
    try {
      return await write(run, told, parts);
    } catch (error) {
      if (isFault(error, 'LeaseLost')) return;
      const reason = isFault(error) ? error.reason : `SQLSTATE ${sqlStateOf(error)}`;
      parts.log.warn({ run: run.runId, connector: run.connectorName, reason, failures }, 'end of the run could not be written');
      if (isFault(error, 'IllegalTransition') || stop.has('handover')) return;
      if (!isFault(error, 'DatabaseUnavailable')) told = withoutWords(facts, reason);
      await pause(backoffMs(failures, unwrittenBackoff, parts.random), stop);
    }
  }
}

async function write(run: RunAssignment, facts: EndFacts, parts: EndParts): Promise<void> {
  const outcome = outcomeOf(facts);
  const state = await parts.journal.finish(run, outcome, terminalEvent(outcome, facts), retryOf(run, outcome, parts));
  const { reason, recordsEmitted } = outcome;
  const told = { run: run.runId, connector: run.connectorName, attempt: run.attempt, state, reason, recordsEmitted };
  parts.log.info(told, 'run ended');
}

/** An attempt that a person ended is not tried again, and a manual one not after it was left: whoever asked is there to ask again. */
function retryOf(run: RunAssignment, outcome: AttemptOutcome, parts: EndParts): { delayMs: number } | null {
  const left = outcome.state === 'abandoned' && run.trigger === 'manual';
  return decideRetry({
    attempt: run.attempt,
    retryable: outcome.retryable && !left && outcome.state !== 'cancelled',
    retryAfterMs: outcome.retryAfterMs,
    backoff: backoffOf(run.type.retryPolicy),
    globalMaxRetries: parts.maxRetries,
    random: parts.random(),
  });
}

/** Numbers and words of our own only. What was committed stays told. */
function withoutWords(facts: EndFacts, reason: string): EndFacts {
  const message = `the end of the run (${facts.verdict.reason ?? facts.verdict.state}) could not be stored as it was: ${reason}`;
  const session = facts.session === null ? null : { ...facts.session, done: null };
  return { ...facts, verdict: faultVerdict({ reason: 'InternalError', message }), gaps: new KnownGaps(), session };
}

/** Waits, but not longer than until the next reason to stop. */
async function pause(ms: number, stop: RunStop): Promise<void> {
  const stopped = new AbortController();
  const known = stop.cause;
  const unsubscribe = stop.onStop(() => {
    if (stop.cause !== known || stop.has('handover')) stopped.abort();
  });
  await abortableSleep(ms, stopped.signal);
  unsubscribe();
}
