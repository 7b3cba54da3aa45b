import type { AttemptOutcome, RunEvent } from '../../apis/run.ts';
import { commitStatus } from '../../protocol/checkpoints.ts';
import type { DoneError } from '../../protocol/messages/message.ts';
import { type KnownGaps, MAX_ERROR_MESSAGE_CHARS, type Redact, storedText } from '../../protocol/known-gaps.ts';
import type { RunVerdict } from '../../protocol/outcome.ts';
import type { SessionFacts } from '../../protocol/session.ts';

/** What became of the staged cursors. */
export interface CommitReport {
  readonly persist: boolean;
  readonly staged: number;
  readonly committed: number;
  readonly streams: AttemptOutcome['checkpoint']['streams'];
}

/** Everything that the end of an attempt is told from. */
export interface EndFacts {
  readonly verdict: RunVerdict;
  readonly session: Pick<SessionFacts, 'recordsAccepted' | 'recordsByStream' | 'done' | 'warnings'> | null;
  readonly commit: CommitReport;
  readonly gaps: KnownGaps;
  /** Accepted records that never became durable, because the run was ended. */
  readonly dropped: number;
  readonly killEscalated: boolean;
  readonly orphansKilled: number;
  readonly retryAfterMs: number | null;
  readonly redact: Redact;
}

/** The row that an attempt leaves behind. Pure. */
export function outcomeOf(facts: EndFacts): AttemptOutcome {
  const { verdict, session, commit } = facts;
  const error = ownError(facts);
  return {
    state: verdict.state,
    reason: verdict.reason,
    message: verdict.message === null ? null : storedText(withOwnWords(verdict.message, error), facts.redact, MAX_ERROR_MESSAGE_CHARS),
    failureClass: verdict.failureClass,
    retryable: verdict.retryable,
    retryAfterMs: facts.retryAfterMs,
    ...recordCounts(session),
    checkpoint: {
      commit_status: commitStatus({ ...commit, succeeded: verdict.state === 'succeeded' }),
      staged: commit.staged,
      committed: commit.committed,
      streams: commit.streams,
    },
    knownGaps: facts.gaps.list().map((gap) => ({ ...gap })),
    violation: verdict.violation === null ? null : (redactedViolation(verdict.violation, facts.redact) as Record<string, unknown>),
    connectorError: error === undefined ? null : connectorError(error, facts.redact),
  };
}

function recordCounts(session: EndFacts['session']): Pick<AttemptOutcome, 'recordsEmitted' | 'streams'> {
  if (session === null) return { recordsEmitted: 0, streams: [] };
  return { recordsEmitted: session.recordsAccepted, streams: [...session.recordsByStream].map(([name, records]) => ({ name, records })) };
}

/** The one terminal event of a run (RT-4.5). A cancelled run ends with `run.failed` (CF-35). */
export function terminalEvent(outcome: AttemptOutcome, facts: EndFacts): RunEvent {
  return {
    type: outcome.state === 'succeeded' ? 'run.completed' : 'run.failed',
    data: {
      state: outcome.state,
      ...present({ terminal_reason: outcome.reason, message: outcome.message, failure_class: outcome.failureClass }),
      checkpoint_status: outcome.checkpoint.commit_status,
      states_staged: outcome.checkpoint.staged,
      states_committed: outcome.checkpoint.committed,
      checkpoints: outcome.checkpoint.streams,
      records_emitted: outcome.recordsEmitted,
      streams: outcome.streams,
      known_gaps: outcome.knownGaps,
      ...present({
        known_gaps_omitted: facts.gaps.omitted,
        violation: outcome.violation,
        connector_error: outcome.connectorError,
        buffered_records_dropped: facts.dropped,
        kill_escalated: facts.killEscalated,
        orphans_killed: facts.orphansKilled,
        warnings: [...(facts.session?.warnings ?? [])],
      }),
    },
  };
}

/** Facts that apply: what is null, zero, false or empty says nothing. */
function present(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const says = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => says(value)));
}

/** What a connector said before it was ended for another cause is no part of that cause. */
function ownError({ verdict, session }: EndFacts): DoneError | undefined {
  return verdict.reason?.startsWith('connector_reported_') === true ? session?.done?.error : undefined;
}

/** The connector's own sentence is what a person looks for first. */
function withOwnWords(message: string, error: DoneError | undefined): string {
  return error === undefined ? message : `${message.replace(/\.$/, '')}: ${error.message}`;
}

function connectorError(error: DoneError, redact: Redact): Record<string, unknown> {
  return {
    message: storedText(error.message, redact, MAX_ERROR_MESSAGE_CHARS),
    ...(error.code === undefined ? {} : { code: redact(error.code) }),
    retryable: error.retryable ?? false,
    ...(error.recoveryHint === undefined ? {} : { recovery_hint: error.recoveryHint }),
  };
}

/** Names in a violation are the connector's words. */
function redactedViolation(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return storedText(value, redact);
  if (Array.isArray(value)) return value.map((item) => redactedViolation(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redactedViolation(member, redact)]));
}
