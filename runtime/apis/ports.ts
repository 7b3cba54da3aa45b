import type { AttemptOutcome, PackedRecord, RunAssignment, RunEvent, RunKey, RunLog, StoredCheckpoint } from './run.ts';

/**
 * Where attempts come from. Claims are atomic: no two processes get the same attempt.
 * Adapter: `runtime/store/postgres/`. Every method may throw `DatabaseUnavailable` (retry).
 */
export interface RunQueue {
  /** Takes up to `capacity` due subprocess runs within the caps and marks them `starting` for this process. Never blocks. */
  claim(processId: string, capacity: number): Promise<RunAssignment[]>;
  /** Resolves when work may be due (notification, or the next due time), at the latest after `maxMs`. */
  waitForWork(maxMs: number, signal: AbortSignal): Promise<void>;
  /** What has become of runs that this process holds: cancel requests and lost leases. One query for all. */
  readControl(processId: string, keys: readonly RunKey[]): Promise<RunControl[]>;
}

/** `lost`: another epoch is in force, the process must stop the child and write nothing. */
export interface RunControl {
  readonly runId: string;
  readonly signal: 'cancel' | 'lost';
}

/**
 * Durable milestones of one attempt. Every method is one fenced statement: a stale epoch writes nothing and throws `LeaseLost` (stall).
 * Methods are safe to repeat after a lost connection: the repeat changes nothing.
 */
export interface RunJournal {
  /** `starting` > `running`, with the event `run.started`. */
  begin(key: RunKey, started: RunEvent): Promise<void>;
  append(key: RunKey, events: readonly RunEvent[]): Promise<void>;
  saveLog(key: RunKey, log: RunLog): Promise<void>;
  /** Enters the commit phase. False when a cancel won the row first. */
  beginCommit(key: RunKey): Promise<boolean>;
  /**
   * Ends the attempt: terminal row, terminal event and lease release together, or, when the retry policy grants another attempt,
   * back to `pending` under the next epoch after `retry.delayMs`. `retry` null: this attempt was the last; a failure that was retryable
   * goes to the dead letters. Also tells the controller that the connector's status has something new.
   * Returns the state that the run is in now.
   */
  finish(
    key: RunKey,
    outcome: AttemptOutcome,
    terminal: RunEvent,
    retry: { delayMs: number } | null,
  ): Promise<'pending' | AttemptOutcome['state']>;
}

/** Records of one instance. Fenced like the journal. */
export interface RecordSink {
  /**
   * Writes one batch: current rows, change history, versions. Unchanged records write nothing; of equal keys in a batch the last wins.
   * May be called again before it has resolved: batches take effect in the order of calls, and one behind a failed one fails with it.
   * Throws `RecordUnstorable` (stall) when PostgreSQL cannot hold a record that passed the checks.
   */
  flush(key: RunKey, records: readonly PackedRecord[]): Promise<{ written: number }>;
}

/** Cursors of one instance in the namespace of runs without a grant. Fenced like the journal. */
export interface CheckpointStore {
  load(key: RunKey): Promise<StoredCheckpoint[]>;
  /** One transaction for one cursor, with its event `run.state_committed`; `cursorText` `null` (the JSON word) deletes the stored one. */
  commit(key: RunKey, checkpoint: StoredCheckpoint, event: RunEvent): Promise<void>;
}
