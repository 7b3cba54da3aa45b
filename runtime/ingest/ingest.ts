import type { RecordSink } from '../apis/ports.ts';
import type { IngestRecord, RunKey } from '../apis/run.ts';
import { Batcher, type BatchLimits, defaultBatchLimits, type RecordBatch } from './batcher.ts';
import type { BudgetShare, IngestBudget } from './budget.ts';

/** What the ingest of one run is made of. */
export interface IngestParts {
  readonly sink: RecordSink;
  /** Shared by all runs of the process. */
  readonly budget: IngestBudget;
  readonly key: RunKey;
  readonly limits?: BatchLimits;
}

/** A closed batch on its way. */
interface Parcel {
  readonly batch: RecordBatch;
  readonly landed: PromiseWithResolvers<void>;
}

/** Flushes under way at once: one is written while the next is parsed and compared. */
const MAX_FLUSHES = 2;
/** What a record costs in memory beside its raw bytes: its object, the heads of its strings, its places in arrays. */
const RECORD_OVERHEAD_BYTES = 256;

/**
 * The way of one run's records to the sink: batches, in order, under the runtime's memory budget. The first failure of the sink ends it:
 * every later call throws or rejects with that error.
 */
export class Ingest {
  readonly #parts: IngestParts;
  readonly #share: BudgetShare;
  readonly #batcher: Batcher;
  readonly #waiting: Parcel[] = [];
  #flushing = 0;
  #written = 0;
  #dropped = 0;
  #failure: { error: unknown } | null = null;
  /** All closed batches are durable. */
  #durable: Promise<void> = Promise.resolve();
  /** All records are durable, those of the open batch too; made when somebody asks. */
  #open: PromiseWithResolvers<void> | null = null;

  constructor(parts: IngestParts) {
    this.#parts = parts;
    this.#share = parts.budget.open();
    this.#batcher = new Batcher({
      limits: parts.limits ?? defaultBatchLimits,
      slabs: parts.budget.slabs,
      onBatch: (batch) => this.#send(batch),
    });
  }

  /** Records that changed something in the store so far. */
  get written(): number {
    return this.#written;
  }

  /** Takes a record of `bytes` raw bytes. A promise means: there is no room, read no more before it resolves. */
  write(record: IngestRecord, bytes: number): Promise<void> | undefined {
    if (this.#failure !== null) throw this.#failure.error;
    const cost = bytes + RECORD_OVERHEAD_BYTES;
    const room = this.#share.take(cost);
    this.#batcher.add(record, cost);
    if (room !== undefined) this.#relieve();
    return room;
  }

  /** Resolves when every record that was written before is durable. Closes no batch: it waits for the open one at most its delay. */
  barrier(): Promise<void> {
    if (this.#batcher.size === 0) return this.#durable;
    this.#open ??= Promise.withResolvers<void>();
    return this.#open.promise;
  }

  /** Makes everything durable and gives the budget back. Safe to repeat. */
  async close(): Promise<void> {
    this.#batcher.close();
    try {
      await this.#durable;
    } finally {
      this.#share.close();
    }
  }

  /** Gives up what no flush has taken yet and tells how many records never became durable for that. Safe after `close`. */
  abort(): number {
    this.#drop();
    this.#share.close();
    return this.#dropped;
  }

  #send(batch: RecordBatch): void {
    const landed = Promise.withResolvers<void>();
    this.#waiting.push({ batch, landed });
    this.#durable = Promise.all([this.#durable, landed.promise]).then(() => undefined);
    // Told by the next call and by `close`; a run that nobody asks any more needs no crash.
    this.#durable.catch(() => undefined);
    this.#open?.resolve(this.#durable);
    this.#open?.promise.catch(() => undefined);
    this.#open = null;
    this.#pump();
  }

  #pump(): void {
    while (this.#flushing < MAX_FLUSHES) {
      const parcel = this.#waiting.shift();
      if (parcel === undefined) return;
      void this.#flush(parcel);
    }
  }

  async #flush({ batch, landed }: Parcel): Promise<void> {
    this.#flushing++;
    try {
      const { written } = await this.#parts.sink.flush(this.#parts.key, batch.records);
      this.#written += written;
      landed.resolve();
    } catch (error) {
      this.#failure ??= { error };
      this.#dropped += batch.records.length;
      landed.reject(error);
      this.#drop();
    }
    this.#flushing--;
    batch.release();
    this.#share.release(batch.bytes);
    this.#relieve();
    this.#pump();
  }

  /** A reader that waits for room while nothing is under way waits for its own open batch: that one goes now. */
  #relieve(): void {
    if (this.#share.full && this.#flushing === 0 && this.#waiting.length === 0) this.#batcher.close();
  }

  /** Lets go of everything that no flush has taken; whoever waits for it is told why. */
  #drop(): void {
    const error = this.#failure?.error ?? new Error('the run was ended before its records were written');
    this.#dropped += this.#batcher.drop();
    for (const { batch, landed } of this.#waiting.splice(0)) {
      this.#dropped += batch.records.length;
      batch.release();
      landed.reject(error);
    }
    this.#open?.promise.catch(() => undefined);
    this.#open?.reject(error);
    this.#open = null;
    if (this.#failure !== null) this.#share.close();
  }
}
