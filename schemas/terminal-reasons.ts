import type { FailureClass, RunState } from './run-words.ts';

/** What is known of a terminal reason before any single run. */
export interface TerminalReasonEntry {
  readonly failureClass: FailureClass;
  /** `yes`: retried within limits; `no`: never; `declared`: the connector said so in its DONE. */
  readonly retry: 'yes' | 'no' | 'declared';
  /** True: the next run fails alike until a person acts, so `Ready` turns False with `LastRunFailed`. */
  readonly needsPerson: boolean;
  readonly meaning: string;
  readonly hint: string;
}

/** The connector's own ending, judged by the collection protocol. Words of the wire: snake_case. */
const connectorReasons = {
  connector_protocol_violation: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: true,
    meaning: 'The connector broke the collection protocol; nothing staged was committed.',
    hint: "Read the run's violation (subtype, stream, expected, received) and fix the connector or its type document.",
  },
  connector_reported_failed: {
    failureClass: 'permanent',
    retry: 'declared',
    needsPerson: true,
    meaning: 'The connector ended with DONE failed.',
    hint: "Read the run's connector error and its recovery hint.",
  },
  connector_reported_cancelled: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: false,
    meaning: 'The connector ended with DONE cancelled.',
    hint: 'Start the run again when wanted.',
  },
  connector_exit_without_done: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: true,
    meaning: 'The connector exited, or was killed, before DONE.',
    hint: "Read the run's log; exit code or signal is in the message.",
  },
  connector_exit_timeout: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: true,
    meaning: 'The connector was still alive after DONE and the grace that follows it.',
    hint: 'A connector exits once its stdin is at its end.',
  },
  start_not_read: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: true,
    meaning: 'The connector did not read START in time.',
    hint: 'A connector reads one line from stdin before anything else.',
  },
  connector_stdin_closed: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: true,
    meaning: 'The connector closed its stdin while the runtime still had something to tell it.',
    hint: 'Keep stdin open until DONE was written.',
  },
  connector_stdout_closed: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: true,
    meaning: 'The connector closed its stdout before DONE but went on running.',
    hint: 'Keep stdout open until DONE was written.',
  },
  stdout_held: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: true,
    meaning: "The connector exited while a process it had started still held the run's stdout.",
    hint: 'Do not leave processes behind, or redirect their output.',
  },
} as const satisfies Record<string, TerminalReasonEntry>;

/** Refused before any process was started; nothing is retried until the input changes. */
const refusalReasons = {
  manifest_invalid: {
    failureClass: 'validation_error',
    retry: 'no',
    needsPerson: true,
    meaning: "The type's streams or bindings break a rule of the collection profile.",
    hint: 'Fix the field that the message names in the type document.',
  },
  binding_unsatisfied: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: true,
    meaning: 'The type requires a binding that this run cannot have.',
    hint: 'Run it where the binding exists, or make it optional in the type document.',
  },
  scope_invalid: {
    failureClass: 'validation_error',
    retry: 'no',
    needsPerson: true,
    meaning: 'The requested streams, resources, fields or time range are not allowed by the type.',
    hint: 'Fix spec.collection.streams at the path that the message names.',
  },
  stored_state_invalid: {
    failureClass: 'validation_error',
    retry: 'no',
    needsPerson: true,
    meaning: 'A stored cursor is neither an object nor null.',
    hint: "Reset the stream's checkpoint.",
  },
  UnsupportedProtocol: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: true,
    meaning: 'This runtime does not speak the protocol of the type.',
    hint: 'Use a type with protocol pdpp.',
  },
  UnsupportedCapability: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: true,
    meaning: 'The type needs a part of the protocol that this runtime does not offer yet.',
    hint: 'The message names the stream and the capability; use a version of the type without it.',
  },
} as const satisfies Record<string, TerminalReasonEntry>;

/** Our side: launch, lease, credentials, limits, store. Condition reasons too, hence PascalCase. */
const runtimeReasons = {
  TypeUnavailable: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: true,
    meaning: 'The type version of the run is not registered, or its program is not where its document says.',
    hint: 'Put the type document back into a types folder.',
  },
  CredentialUnavailable: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: true,
    meaning: 'A credential reference did not resolve; no process was started.',
    hint: 'Provide what the message names, then run again.',
  },
  SandboxUnavailable: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: true,
    meaning: 'The isolation that this run needs is not available on this machine.',
    hint: 'Install bubblewrap, or run the connector where isolation works.',
  },
  LaunchFailed: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: true,
    meaning: "The connector's program could not be started.",
    hint: 'Check runtime.command of the type: it exists, is executable, its interpreter is installed.',
  },
  StartDeadlineExceeded: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: false,
    meaning: 'The run was claimed but START was not written before its start deadline.',
    hint: 'Look at the load and the log of the runtime that claimed it.',
  },
  DeadlineExceeded: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: true,
    meaning: 'The run took longer than spec.execution.timeoutSeconds and was stopped.',
    hint: 'Raise spec.execution.timeoutSeconds, or collect less per run.',
  },
  OutOfMemory: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: true,
    meaning: 'The connector went over its memory limit and was killed.',
    hint: 'Raise spec.execution.resources.memory.',
  },
  LeaseLost: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: false,
    meaning: 'The run was fenced: another attempt holds the lease now. This one wrote nothing more.',
    hint: 'Nothing: the current attempt goes on.',
  },
  RuntimeLost: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: false,
    meaning: 'The runtime that executed the run stopped beating.',
    hint: 'Scheduled runs are retried; start a manual run again.',
  },
  RuntimeStopped: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: false,
    meaning: 'The runtime was stopped in order while the run was still going.',
    hint: 'Scheduled runs are retried; start a manual run again.',
  },
  DatabaseUnavailable: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: false,
    meaning: 'PostgreSQL could not be reached, or ended the connection, while the run needed it.',
    hint: 'Look at the database.',
  },
  RecordUnstorable: {
    failureClass: 'validation_error',
    retry: 'no',
    needsPerson: true,
    meaning: 'PostgreSQL refused what the run wrote for its content.',
    hint: "Read the run's message for the SQLSTATE; this is a fault of the runtime: report it.",
  },
  CommitFailed: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: false,
    meaning: 'Records were stored, but one or more staged checkpoints were not committed.',
    hint: 'The next run collects again from the last committed checkpoint.',
  },
  InternalError: {
    failureClass: 'transient',
    retry: 'yes',
    needsPerson: true,
    meaning: 'The runtime met a fault of its own.',
    hint: 'The log of the runtime has it under the id of the run: report it.',
  },
  cancelled: {
    failureClass: 'permanent',
    retry: 'no',
    needsPerson: false,
    meaning: 'Cancelled on request; no further checkpoint was committed.',
    hint: 'Start the run again when wanted.',
  },
} as const satisfies Record<string, TerminalReasonEntry>;

/** Every reason with which a run, or an attempt of it, can end without success. The one table: rows, events, conditions, metrics use these words. */
export const terminalReasons = { ...connectorReasons, ...refusalReasons, ...runtimeReasons } as const;
export type TerminalReason = keyof typeof terminalReasons;
export type RefusalReason = keyof typeof refusalReasons;

/** Why a tick was recorded as `skipped` instead of run. */
export const skipReasons = {
  RunAlreadyActive: 'An earlier run of the connector was still going.',
  StartingDeadlineMissed: 'The tick was found later than spec.schedule.startingDeadlineSeconds.',
  Suspended: 'The connector was paused, disabled or removed between tick and launch.',
} as const;
export type SkipReason = keyof typeof skipReasons;

/** Narrows a stored word. */
export function isTerminalReason(word: string): word is TerminalReason {
  return Object.hasOwn(terminalReasons, word);
}

/**
 * Does the last run ask for a person? Only a `failed` run can: an attempt with retries left is `pending`, and abandoned or cancelled
 * runs are no evidence against the connector. A transient failure in state `failed` has used its retries up. A word that this
 * version does not know counts as yes: hiding it would be worse.
 */
export function needsPerson(run: { state: RunState; reason: string | null; failureClass: FailureClass | null }): boolean {
  if (run.state !== 'failed') return false;
  if (run.failureClass === 'transient') return true;
  return run.reason === null || !isTerminalReason(run.reason) || terminalReasons[run.reason].needsPerson;
}
