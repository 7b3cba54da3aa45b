import type { ProcessIdentity } from './identity.ts';

/** What the heartbeat's worker thread is started with. */
export interface BeatWorkerData {
  readonly url: string;
  readonly identity: ProcessIdentity;
  readonly role: string;
  readonly facts: Record<string, unknown>;
  readonly intervalMs: number;
  readonly tickWithinMs: number;
  /** One Int32 that the main loop counts up. */
  readonly ticks: SharedArrayBuffer;
}

/** What the worker tells: each written beat, each failure to write one (secret-free), and that it has stopped. */
export type BeatWorkerMessage = { kind: 'beat' } | { kind: 'failed'; code: string } | { kind: 'stopped' };
