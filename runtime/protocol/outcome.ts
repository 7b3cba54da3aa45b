import type { FailureClass } from '../../schemas/run-words.ts';
import { type TerminalReason, terminalReasons } from '../../schemas/terminal-reasons.ts';
import { declaresRetry } from './declared-retry.ts';
import type { SessionFacts } from './session.ts';
import { boundViolation, type Violation } from './violation.ts';

/** How the child ended: exactly one of them is set. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A cause of our own side, or a limit, that ended the run: `DeadlineExceeded`, `DatabaseUnavailable`, `connector_exit_timeout`, ... */
export interface RunFault {
  readonly reason: TerminalReason;
  readonly message: string;
}

/** Everything that decides how an attempt ended, known only after stdout has ended and the child is gone. */
export interface RunFacts {
  readonly leaseLost: boolean;
  /** A cancel or a revocation is on record; it wins until commits begin. */
  readonly cancelled: boolean;
  readonly session: Pick<SessionFacts, 'done' | 'violation' | 'truncated' | 'recordsAccepted' | 'failedStreams'>;
  readonly fault: RunFault | null;
  /** Null when no child was started. */
  readonly exit: ChildExit | null;
}

/** What checkpoints the ending lets through: `eligible` ones of a success or of a certified failure, or `none`. */
export interface RunVerdict {
  readonly state: 'succeeded' | 'failed' | 'cancelled' | 'abandoned';
  readonly reason: TerminalReason | null;
  /** For people. Never has text of the connector: that is in its own error, redacted. */
  readonly message: string | null;
  readonly failureClass: FailureClass | null;
  readonly retryable: boolean;
  readonly commit: 'eligible' | 'none';
  /** True for a certified stream-scoped failure: the run stays failed, but what it proved may be committed. */
  readonly certifiedFailure: boolean;
  readonly violation: Violation | null;
  /** False when the lease was lost: another attempt is in force and this one may write nothing at all. */
  readonly mayWrite: boolean;
}

type Rule = (facts: RunFacts) => RunVerdict | undefined;

/** (1) Lease epoch lost: write nothing. */
const leaseLost: Rule = (facts) => (facts.leaseLost ? { ...failure('LeaseLost'), state: 'abandoned', mayWrite: false } : undefined);

/** (2) A cancel on record wins over everything that the connector said, a certified DONE included. */
const cancelled: Rule = (facts) => (facts.cancelled ? { ...failure('cancelled'), state: 'cancelled' } : undefined);

/** (3) A violation. What was cut short by death is none: the connector never sent it. */
const violated: Rule = ({ session, exit }) => {
  const killed = exit !== null && exit.signal !== null;
  const violation = session.violation ?? (killed ? null : session.truncated);
  return violation === null ? undefined : violationVerdict(violation);
};

/** (4) A runtime error or a limit. */
const faulted: Rule = ({ fault }) => (fault === null ? undefined : failure(fault.reason, fault.message));

/** (5) No DONE. */
const withoutDone: Rule = ({ session, exit }) => {
  if (session.done !== null) return undefined;
  return failure('connector_exit_without_done', `the connector ended without DONE: ${describeExit(exit)}`);
};

/** (6) Exit 0 goes with `succeeded`; any other code, or death by signal, with `failed` and `cancelled`. */
const exitMismatch: Rule = ({ session, exit }) => {
  const status = session.done?.status;
  const clean = exit?.code === 0;
  if (clean === (status === 'succeeded')) return undefined;
  const expected = status === 'succeeded' ? 'exit code 0' : 'exit code other than 0';
  return violationVerdict({ subtype: 'exit_code_mismatch', message_type: 'DONE', expected, received: describeExit(exit) });
};

/** (7) The count of DONE against the records accepted. */
const countMismatch: Rule = ({ session }) => {
  const reported = session.done?.recordsEmitted ?? 0;
  if (reported === session.recordsAccepted) return undefined;
  const counts = { expected: session.recordsAccepted, received: reported };
  return violationVerdict({ subtype: 'records_emitted_mismatch', message_type: 'DONE', ...counts });
};

const rules: readonly Rule[] = [leaseLost, cancelled, violated, faulted, withoutDone, exitMismatch, countMismatch];

/** Decides how an attempt ended: the first rule of protocol A13 that applies, then (8) the status that the connector reported. */
export function decideOutcome(facts: RunFacts): RunVerdict {
  for (const rule of rules) {
    const verdict = rule(facts);
    if (verdict !== undefined) return verdict;
  }
  return byStatus(facts);
}

/** The verdict of a failure found before spawn, or of anything else that never came to a conversation. */
export function failureVerdict(fault: RunFault): RunVerdict {
  return failure(fault.reason, fault.message);
}

function byStatus({ session }: RunFacts): RunVerdict {
  const status = session.done?.status;
  if (status === 'succeeded') return { ...success, commit: 'eligible' };
  if (status === 'cancelled') return { ...failure('connector_reported_cancelled'), state: 'cancelled' };
  return reportedFailed(session);
}

/**
 * Certified is a failure with the code `stream_collection_failed` and an accepted skip of that reason that names a scoped stream; the
 * code alone, the skip alone, or a skip without stream certifies nothing.
 */
function reportedFailed({ done, failedStreams }: RunFacts['session']): RunVerdict {
  const certified = done?.error?.code === 'stream_collection_failed' && failedStreams.size > 0;
  const retryable = declaresRetry(done?.error);
  return {
    ...failure('connector_reported_failed'),
    failureClass: retryable ? 'transient' : 'permanent',
    retryable,
    commit: certified ? 'eligible' : 'none',
    certifiedFailure: certified,
  };
}

const success: RunVerdict = {
  state: 'succeeded',
  reason: null,
  message: null,
  failureClass: null,
  retryable: false,
  commit: 'none',
  certifiedFailure: false,
  violation: null,
  mayWrite: true,
};

function failure(reason: TerminalReason, message?: string): RunVerdict {
  const { failureClass, retry, meaning } = terminalReasons[reason];
  return { ...success, state: 'failed', reason, message: message ?? meaning, failureClass, retryable: retry === 'yes' };
}

function violationVerdict(violation: Violation): RunVerdict {
  const message = `the connector broke the protocol: ${violation.subtype}`;
  return { ...failure('connector_protocol_violation', message), violation: boundViolation(violation) };
}

function describeExit(exit: ChildExit | null): string {
  if (exit === null) return 'never started';
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}
