import type { RunAttemptRow, RunRow } from '../apis/runs.ts';

/** A run as `connectorctl runs -o json` and the API show it; one item a logical run. */
export interface RunView {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly failureClass: string | null;
  readonly attempt: number;
  readonly trigger: string;
  readonly traceId: string;
  readonly revision: string;
  readonly typeVersion: string;
  readonly scheduledFor: string | null;
  readonly createdAt: string;
  /** Pending after a failed attempt: when the next one starts. */
  readonly nextAttemptAt: string | null;
  readonly cancelRequestedAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly recordsEmitted: number;
  readonly streams: readonly { readonly name: string; readonly records: number }[];
  readonly checkpoint: Record<string, unknown> | null;
  readonly knownGaps: readonly Record<string, unknown>[];
  readonly violation: Record<string, unknown> | null;
  readonly connectorError: Record<string, unknown> | null;
  readonly deadLetteredAt: string | null;
}

/** Shows a run. Pure; what is not known yet is null, never left out, so that readers need not ask which version wrote it. */
export function projectRun(run: RunRow): RunView {
  return {
    id: run.runId,
    state: run.state,
    reason: run.reason,
    message: run.message,
    failureClass: run.failureClass,
    attempt: run.attempt,
    trigger: run.trigger,
    traceId: run.traceId,
    revision: run.revision,
    typeVersion: run.connectorTypeVersion,
    scheduledFor: iso(run.scheduledFor),
    createdAt: run.createdAt.toISOString(),
    nextAttemptAt: run.state === 'pending' && run.attempt > 1 ? iso(run.dueAt) : null,
    cancelRequestedAt: iso(run.cancelRequestedAt),
    startedAt: iso(run.startedAt),
    finishedAt: iso(run.finishedAt),
    recordsEmitted: run.recordsEmitted,
    streams: run.streams,
    checkpoint: run.checkpoint,
    knownGaps: run.knownGaps,
    violation: run.violation,
    connectorError: run.connectorError,
    deadLetteredAt: iso(run.deadLetteredAt),
  };
}

/** An attempt of a run, as the API shows it. */
export type RunAttemptView = Omit<RunAttemptRow, 'startedAt' | 'finishedAt'> & {
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
};

/** Shows an attempt. Pure. */
export function projectAttempt(attempt: RunAttemptRow): RunAttemptView {
  return { ...attempt, startedAt: iso(attempt.startedAt), finishedAt: iso(attempt.finishedAt) };
}

function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
