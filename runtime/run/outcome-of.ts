import type { AttemptOutcome, RunEvent } from '../apis/run.ts';
import { commitStatus } from '../protocol/checkpoints.ts';
import type { DoneError } from '../protocol/messages/message.ts';
import { type KnownGaps, MAX_ERROR_MESSAGE_CHARS, type Redact, storedText } from '../protocol/known-gaps.ts';
import type { RunVerdict } from '../protocol/outcome.ts';
import type { SessionFacts } from '../protocol/session.ts';

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
  const error = session?.done?.error;
  return {
    state: verdict.state,
    reason: verdict.reason,
    message: verdict.message === null ? null : storedText(withOwnWords(verdict.message, error), facts.redact, MAX_ERROR_MESSAGE_CHARS),
    failureClass: verdict.failureClass,
    retryable: verdict.retryable,
    retryAfterMs: facts.retryAfterMs,
    recordsEmitted: session?.recordsAccepted ?? 0,
    streams: [...(session?.recordsByStream ?? [])].map(([name, records]) => ({ name, records })),
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

/** The one terminal event of a run (RT-4.5). A cancelled run ends with `run.failed` (CF-35). */
export function terminalEvent(outcome: AttemptOutcome, facts: EndFacts): RunEvent {
  const { dropped, killEscalated, orphansKilled, gaps, session } = facts;
  return {
    type: outcome.state === 'succeeded' ? 'run.completed' : 'run.failed',
    data: {
      state: outcome.state,
      ...(outcome.reason === null ? {} : { terminal_reason: outcome.reason, message: outcome.message }),
      ...(outcome.failureClass === null ? {} : { failure_class: outcome.failureClass }),
      checkpoint_status: outcome.checkpoint.commit_status,
      states_staged: outcome.checkpoint.staged,
      states_committed: outcome.checkpoint.committed,
      checkpoints: outcome.checkpoint.streams,
      records_emitted: outcome.recordsEmitted,
      streams: outcome.streams,
      known_gaps: outcome.knownGaps,
      ...(gaps.omitted > 0 ? { known_gaps_omitted: gaps.omitted } : {}),
      ...(outcome.violation === null ? {} : { violation: outcome.violation }),
      ...(outcome.connectorError === null ? {} : { connector_error: outcome.connectorError }),
      ...(dropped > 0 ? { buffered_records_dropped: dropped } : {}),
      ...(killEscalated ? { kill_escalated: true } : {}),
      ...(orphansKilled > 0 ? { orphans_killed: orphansKilled } : {}),
      ...(session !== null && session.warnings.size > 0 ? { warnings: [...session.warnings] } : {}),
    },
  };
}

/** The connector's own sentence is what a person looks for first. */
function withOwnWords(message: string, error: DoneError | undefined): string {
  return error === undefined ? message : `${message.replace(/\.$/, '')}: ${error.message}`;
}

function connectorError(error: DoneError, redact: Redact): Record<string, unknown> {
  return {
    message: storedText(error.message, redact, MAX_ERROR_MESSAGE_CHARS),
    ...(error.code === undefined ? {} : { code: error.code }),
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
