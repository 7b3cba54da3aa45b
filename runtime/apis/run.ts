import type { ConnectorTypeSpec } from '../../schemas/connector-type.ts';
import type { CollectionSpec, CredentialsSpec, ExecutionSpec } from '../../schemas/connector.ts';

/** Names one attempt of one run; every write carries it, and the database refuses a stale epoch. */
export interface RunKey {
  readonly connectorInstanceId: string;
  readonly runId: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Lease epoch of this attempt; only grows. */
  readonly epoch: number;
}

/** Where a type's program lies: `bundled` is found relative to our own program, a `folder` on this host. */
export interface TypeOrigin {
  readonly kind: 'bundled' | 'folder';
  /** Absolute for `folder`; relative to `runtime/connectors/` for `bundled`. */
  readonly folder: string;
}

/** One claimed attempt with all that is needed to execute it. Holds no secret. */
export interface RunAssignment extends RunKey {
  readonly namespace: string;
  readonly connectorName: string;
  readonly connectorKey: string;
  readonly typeVersion: string;
  readonly type: ConnectorTypeSpec;
  readonly typeOrigin: TypeOrigin;
  /** Spec revision in force when the run was made; an edit does not change a running run. */
  readonly revision: string;
  readonly trigger: 'schedule' | 'manual';
  readonly traceId: string;
  readonly config: Record<string, unknown>;
  readonly credentials: CredentialsSpec;
  readonly collection: CollectionSpec;
  readonly execution: ExecutionSpec;
}

/** A stored cursor: exact JSON text as the connector sent it. */
export interface StoredCheckpoint {
  readonly stream: string;
  readonly cursorText: string;
}

/** One record as it goes to storage. */
export interface IngestRecord {
  readonly stream: string;
  /** Canonical key (protocol A8). */
  readonly key: string;
  readonly deleted: boolean;
  /** RFC 3339, as sent. */
  readonly emittedAt: string;
  /** Exact source text of `data`; null only for a delete without data. */
  readonly dataText: string | null;
}

/**
 * A record on its way to storage. Its body lies outside the JavaScript heap, as UTF-8 in `bytes` from `start` up to `end`: thousands of
 * bodies that wait for the database would otherwise be copied by every garbage collection. The bytes are the batch's own until its flush
 * has ended, then they are used again.
 */
export interface PackedRecord extends Omit<IngestRecord, 'dataText'> {
  readonly bytes: Buffer;
  readonly start: number;
  /** Equal to `start` for a delete. */
  readonly end: number;
}

/** An entry of the run's durable timeline (protocol A15). `data` is redacted before it comes here. */
export interface RunEvent {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** The bounded, redacted end of a connector's stderr. */
export interface RunLog {
  readonly text: string;
  readonly bytesObserved: number;
}

/** How an attempt ended, as decided by protocol A13. */
export interface AttemptOutcome {
  readonly state: 'succeeded' | 'failed' | 'cancelled' | 'abandoned';
  readonly reason: string | null;
  readonly message: string | null;
  readonly failureClass: 'transient' | 'permanent' | 'policy_denied' | 'quota_exceeded' | 'validation_error' | null;
  /** Whether the retry policy may start another attempt. */
  readonly retryable: boolean;
  /** A provider's own wish, in milliseconds; null without one. */
  readonly retryAfterMs: number | null;
  readonly recordsEmitted: number;
  readonly streams: readonly { name: string; records: number }[];
  readonly checkpoint: {
    commit_status: 'committed' | 'partial' | 'not_committed' | 'disabled';
    staged: number;
    committed: number;
    /** Streams in commit order, each with what became of its cursor. */
    streams: readonly { stream: string; result: 'committed' | 'withheld' | 'failed' }[];
  };
  readonly knownGaps: readonly Record<string, unknown>[];
  readonly violation: Record<string, unknown> | null;
  readonly connectorError: Record<string, unknown> | null;
}
