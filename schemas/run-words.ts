/** States of a run. One row a logical run; retries are attempts of it. */
export const runStates = [
  'pending',
  'starting',
  'running',
  'waiting_for_interaction',
  'succeeded',
  'failed',
  'cancelled',
  'abandoned',
  'skipped',
] as const;
export type RunState = (typeof runStates)[number];

/**
 * From each state to those that may follow it; whatever is not named is illegal.
 *
 * ```
 * (new) -> pending -> starting -> running <-> waiting_for_interaction
 *   |        ^  |        |           |                 |
 *   |        |  |        +-----------+--------+--------+
 *   |        |  |                    |        |
 *   |        |  |         retry: <---+        +-> succeeded | failed | cancelled | abandoned
 *   |        |  +-> failed | cancelled | abandoned | skipped
 *   +-> skipped
 * ```
 * A failed attempt with retries left goes back to `pending` (attempt + 1, epoch + 1), as does a scheduled run whose runtime was lost.
 * `succeeded` comes only from `running`: success needs the connector's DONE.
 */
export const runTransitions: Readonly<Record<RunState, readonly RunState[]>> = {
  pending: ['starting', 'failed', 'cancelled', 'abandoned', 'skipped'],
  starting: ['running', 'pending', 'failed', 'cancelled', 'abandoned'],
  running: ['waiting_for_interaction', 'pending', 'succeeded', 'failed', 'cancelled', 'abandoned'],
  waiting_for_interaction: ['running', 'pending', 'failed', 'cancelled', 'abandoned'],
  succeeded: [],
  failed: [],
  cancelled: [],
  abandoned: [],
  skipped: [],
};

/** States in which a runtime holds the run: they count towards caps and are lost with their runtime. */
export const inFlightStates = ['starting', 'running', 'waiting_for_interaction'] as const satisfies readonly RunState[];

/** States that a run never leaves. */
export const terminalStates = ['succeeded', 'failed', 'cancelled', 'abandoned', 'skipped'] as const satisfies readonly RunState[];

/** True when the table allows the step. */
export function mayFollow(from: RunState, to: RunState): boolean {
  return runTransitions[from].includes(to);
}

/** What asked for a run. A retry is an attempt of the same run, not a trigger. */
export const runTriggers = ['schedule', 'manual'] as const;
export type RunTrigger = (typeof runTriggers)[number];

/** Coarse kinds of failure; every terminal reason maps to one. */
export const failureClasses = ['transient', 'permanent', 'policy_denied', 'quota_exceeded', 'validation_error'] as const;
export type FailureClass = (typeof failureClasses)[number];

/**
 * What became of the staged checkpoints: `disabled` with persistence off; none staged: `committed` on success, else `not_committed`;
 * otherwise `committed` all, `partial` some, `not_committed` none.
 */
export const commitStatuses = ['committed', 'partial', 'not_committed', 'disabled'] as const;
export type CommitStatus = (typeof commitStatuses)[number];

/** The closed vocabulary of recovery hints on the wire, and what each asks of the owner. */
export const recoveryActions = {
  retry_by_runtime: 'Nothing: retried within limits.',
  refresh_credentials: 'Provide a new credential.',
  manual_action_required: 'Act at the provider or in the browser.',
  retry_on_connector_upgrade: 'Wait for a fixed connector; this version is not retried.',
  update_selector: 'Wait for a fixed connector; this version is not retried.',
  upstream_unblock: 'Lift a block at the provider.',
  not_retriable: 'Nothing will help.',
  unknown: 'Look at the run.',
} as const;
export type RecoveryAction = keyof typeof recoveryActions;
