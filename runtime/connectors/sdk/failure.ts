/** The words of the protocol for what the owner should do next (protocol A11). */
export type RecoveryHint =
  | 'retry_by_runtime'
  | 'refresh_credentials'
  | 'manual_action_required'
  | 'retry_on_connector_upgrade'
  | 'update_selector'
  | 'upstream_unblock'
  | 'not_retriable'
  | 'unknown';

export interface FailureDetail {
  /** The cause, `^[a-z][a-z0-9_]{0,63}$`, such as `branch_not_found`. */
  readonly code: string;
  /** What failed, on what, and what to do next. Never holds a secret. */
  readonly message: string;
  /** Default false: the same run would fail again. */
  readonly retryable?: boolean;
  readonly recoveryHint?: RecoveryHint;
  readonly cause?: unknown;
}

/** A failure that the connector understands. The SDK ends the run with it as `DONE.error` and exit code 1. */
export class ConnectorFailure extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly recoveryHint: RecoveryHint | undefined;

  constructor(detail: FailureDetail) {
    super(detail.message, { cause: detail.cause });
    this.name = 'ConnectorFailure';
    this.code = detail.code;
    this.retryable = detail.retryable ?? false;
    this.recoveryHint = detail.recoveryHint;
  }
}

/** `DONE.error` as it goes over the wire. */
export interface DoneError {
  readonly message: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly recovery_hint?: RecoveryHint;
}

/**
 * Turns whatever was thrown into `DONE.error`. What is no `ConnectorFailure` is a fault of the connector itself: its message may hold
 * anything, so only its class is told; the stack goes to stderr, which the runtime redacts and keeps as the run log.
 */
export function toDoneError(error: unknown): DoneError {
  if (error instanceof ConnectorFailure) {
    const hint = error.recoveryHint === undefined ? {} : { recovery_hint: error.recoveryHint };
    return { message: error.message.slice(0, 500), code: error.code, retryable: error.retryable, ...hint };
  }
  const kind = error instanceof Error ? error.name : typeof error;
  return { message: `The connector met a fault of its own (${kind}); see the run log`, code: 'connector_fault', retryable: false };
}
