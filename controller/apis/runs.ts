import type { RetryPolicy } from '../../schemas/fields/operation.ts';
import type { FailureClass, RunState, RunTrigger } from '../../schemas/run-words.ts';

/** A row of runs: one logical run, its retries included. */
export interface RunRow {
  readonly instanceId: string;
  readonly runId: string;
  readonly namespace: string;
  readonly connectorName: string;
  readonly connectorKey: string;
  readonly connectorTypeVersion: string;
  readonly revision: string;
  readonly trigger: RunTrigger;
  readonly runner: 'subprocess' | 'pod';
  readonly state: RunState;
  readonly reason: string | null;
  readonly message: string | null;
  readonly failureClass: FailureClass | null;
  /** The current or last attempt; counts from 1. */
  readonly attempt: number;
  readonly traceId: string;
  readonly requestedBy: Record<string, unknown>;
  readonly scheduledFor: Date | null;
  /** Pending: not to be claimed before. */
  readonly dueAt: Date | null;
  readonly cancelRequestedAt: Date | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly recordsEmitted: number;
  readonly streams: readonly { readonly name: string; readonly records: number }[];
  readonly checkpoint: Record<string, unknown> | null;
  readonly knownGaps: readonly Record<string, unknown>[];
  readonly violation: Record<string, unknown> | null;
  readonly connectorError: Record<string, unknown> | null;
  readonly deadLetteredAt: Date | null;
}

/** A row of run_attempts. */
export interface RunAttemptRow {
  readonly attempt: number;
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly failureClass: FailureClass | null;
  readonly recordsEmitted: number;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** A row of run_events. */
export interface RunEventRow {
  readonly seq: number;
  readonly attempt: number;
  readonly type: string;
  readonly at: Date;
  readonly data: Record<string, unknown>;
}

/** The kept end of what one attempt wrote to stderr. */
export interface RunLogRow {
  readonly attempt: number;
  readonly log: string;
  /** All that was written, kept or not. */
  readonly bytesObserved: number;
}

/** Names one run. */
export interface RunRef {
  readonly instanceId: string;
  readonly runId: string;
}

/** Runs as readers see them: gateway, terminal view. Adapter: `controller/store/runs/read-runs.ts`. Null: there is no such run. */
export interface RunReader {
  /** Newest first; `before` is the id of the last run of the page above. */
  list(instanceId: string, page: { limit: number; before?: string | undefined }): Promise<RunRow[]>;
  get(run: RunRef): Promise<RunRow | null>;
  attempts(run: RunRef): Promise<RunAttemptRow[]>;
  /** Oldest first, those after `seq` (0: all). */
  eventsAfter(run: RunRef, seq: number, limit: number): Promise<RunEventRow[]>;
  /** Of one attempt, or of the newest that left one. */
  log(run: RunRef, attempt?: number): Promise<RunLogRow | null>;
}

/** Asks for one run now. */
export interface RunRequest extends RunRef {
  readonly traceId: string;
  /** Who asked, as audit rows keep it, and `replay_of` for a replayed run. Never a secret. */
  readonly requestedBy: Record<string, unknown>;
}

/** What became of the request; `why` completes "cannot run: ...". */
export type StartResult =
  | { readonly outcome: 'started' }
  | { readonly outcome: 'active'; readonly runId: string; readonly namespace: string; readonly name: string }
  | { readonly outcome: 'refused'; readonly why: string; readonly namespace: string; readonly name: string }
  | { readonly outcome: 'absent' };

/** What became of a cancel. `requested`: the runtime ends the run within its grace. */
export type CancelResult =
  | { readonly outcome: 'cancelled' | 'requested' }
  | { readonly outcome: 'too_late' | 'finished'; readonly state: RunState }
  | { readonly outcome: 'absent' };

/** Starting, cancelling and replaying on request. Each method is one transaction. Adapter: `controller/store/runs/`. */
export interface RunControls {
  start(request: RunRequest): Promise<StartResult>;
  cancel(run: RunRef, requestedBy: Record<string, unknown>): Promise<CancelResult>;
  /** Dead letters, newest first; `before` pages. Null instance: all. */
  deadLetters(which: { instanceId: string | null; limit: number; before?: Date | undefined }): Promise<RunRow[]>;
  /** Starts a new run in place of a dead letter, which leaves the list with it. `finished`: it is none. */
  replay(letter: RunRef, request: RunRequest): Promise<StartResult | { readonly outcome: 'not_dead_lettered' }>;
}

/** A run that lost its runtime, fenced and due for a decision. */
export interface LostRun extends RunRef {
  readonly attempt: number;
  /** The epoch that fenced it. */
  readonly epoch: number;
  readonly trigger: RunTrigger;
  /** RuntimeLost, or StartDeadlineExceeded. */
  readonly reason: string;
  readonly message: string;
  readonly cancelRequested: boolean;
  /** False: paused, suspended, disabled or going away; no further attempt starts by itself. */
  readonly mayRetry: boolean;
  readonly retryPolicy: RetryPolicy | null;
}

/** What becomes of a lost run. */
export interface LostRunVerdict {
  readonly state: 'pending' | 'failed' | 'cancelled' | 'abandoned';
  readonly reason: string;
  readonly message: string;
  readonly failureClass: FailureClass;
  /** For `pending`: the next attempt is due after this time. */
  readonly delayMs: number;
  readonly deadLetter: boolean;
}

/** Why runs are fenced. */
export interface FenceCause {
  readonly reason: 'RuntimeLost' | 'StartDeadlineExceeded';
  readonly message: string;
  /** Until the instance may start again: what could not be reached kills its own children within this time. */
  readonly holdMs: number;
}

/** Lost runs, step by step: each is a transaction of its own, so that a takeover survives the death of its controller. Every method is safe to repeat and to be called by several controllers. Adapter: `controller/store/runs/lost-runs.ts`. */
export interface LostRuns {
  /** Processes that hold runs. `gone`: not registered, or said that it stopped. */
  holders(): Promise<{ readonly processId: string; readonly gone: boolean }[]>;
  /** Raises the epoch of every run that the process holds. Throws `LeaseBusy` (retry) when one of its sessions holds a lease too long. */
  fenceProcess(processId: string, cause: FenceCause): Promise<number>;
  /** Fences runs that did not start in time, and cancelled ones whose runtime did not end them within `cancelMs`. */
  fenceOverdue(cause: FenceCause, cancelMs: number): Promise<number>;
  /** Ends the database sessions of a process; returns how many. */
  terminateSessions(processId: string): Promise<number>;
  /** Decides fenced runs whose hold is over: row, event and lease together. Returns what was decided. */
  settle(limit: number, decide: (run: LostRun) => LostRunVerdict): Promise<(RunRef & { readonly verdict: LostRunVerdict })[]>;
  /** Clears away lost processes that hold nothing and are older than a day; one that was only silent comes back with its next beat. */
  forgetProcesses(processIds: readonly string[]): Promise<number>;
  /**
   * Ends pending runs that nobody claimed in time (manual ones after `manualMs`, scheduled ones past their starting deadline), and those
   * that nobody ever will, because their connector or schedule was stopped.
   */
  expirePending(manualMs: number): Promise<number>;
}
