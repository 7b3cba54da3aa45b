import type { RecoveryAction } from '../../../schemas/run-words.ts';
import type { IngestRecord } from '../../apis/run.ts';

/** What a connector's recovery hint says, in its one internal form. */
export interface RecoveryHint {
  readonly action: RecoveryAction;
  readonly retryable?: boolean;
}

/** A RECORD that passed every check; `record` goes to storage as it is, `bytes` is what it weighs in the memory budget. */
export interface RecordMessage {
  readonly kind: 'record';
  readonly record: IngestRecord;
  readonly bytes: number;
}

/** A STATE to be staged once every record before it is flushed. `cursorText` is the exact source; `null` (the word) clears the stored one. */
export interface StateMessage {
  readonly kind: 'state';
  readonly stream: string;
  readonly cursorText: string;
}

/** A PROGRESS: only what was sent and is valid. `message` is the connector's text: redact, then bound, before storing. */
export interface ProgressMessage {
  readonly kind: 'progress';
  readonly message: string;
  readonly stream?: string;
  readonly count?: number;
  readonly total?: number;
}

/** Proof of one slice of a window: it says nothing of the rest. */
export interface Continuation {
  readonly boundary: string;
  readonly slice_start: number;
  readonly slice_end: number;
  readonly considered: number;
  readonly covered: number;
  readonly remaining: true;
  readonly owner: 'runtime';
}

/** A SKIP_RESULT. Texts are the connector's: redact, then bound, before storing. */
export interface SkipMessage {
  readonly kind: 'skip';
  readonly stream?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly recoveryHint?: RecoveryHint;
  readonly continuation?: Continuation;
}

/** What a connector says of its own failure. `code` is a cause, never an instruction. */
export interface DoneError {
  readonly message: string;
  readonly code?: string;
  /** Absent counts as false, with a warning. */
  readonly retryable?: boolean;
  readonly recoveryHint?: RecoveryHint;
}

/** The terminal message. */
export interface DoneMessage {
  readonly kind: 'done';
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly recordsEmitted: number;
  readonly error?: DoneError;
}

/** Every message that a connector may send in this version of the runtime. */
export type ConnectorMessage = RecordMessage | StateMessage | ProgressMessage | SkipMessage | DoneMessage;
