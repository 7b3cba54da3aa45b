/** What the loop that called must do with a failure: the thrower knows, the loop obeys. */
export type Disposition =
  /** Try again with backoff. */
  | { kind: 'retry' }
  /** Try again, not before this many milliseconds. */
  | { kind: 'wait'; ms: number }
  /** Trying again changes nothing: wait for a change of input. */
  | { kind: 'stall' };

/** The parts of a typed failure. `reason` is the same word in condition, event, metric and log. */
export interface FaultInit {
  reason: string;
  message: string;
  /** What the reader can do about it. */
  hint?: string;
  disposition?: Disposition;
  /** Structured, secret-free facts for machines. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** Base of all our errors: a typed reason, what to do next, and the foreign cause. Never carries a secret. */
export class Fault extends Error {
  readonly reason: string;
  readonly hint: string | undefined;
  readonly disposition: Disposition;
  readonly details: Record<string, unknown>;

  constructor(init: FaultInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'Fault';
    this.reason = init.reason;
    this.hint = init.hint;
    this.disposition = init.disposition ?? { kind: 'retry' };
    this.details = init.details ?? {};
  }
}

/** Narrows an unknown error to a `Fault` of one reason. */
export function isFault(error: unknown, reason?: string): error is Fault {
  return error instanceof Fault && (reason === undefined || error.reason === reason);
}
