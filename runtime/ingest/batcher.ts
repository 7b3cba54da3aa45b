import type { IngestRecord, PackedRecord } from '../apis/run.ts';
import { Packer, type SlabPool } from './slabs.ts';

/** When a batch closes, whichever comes first. */
export interface BatchLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Time from its first record. */
  readonly maxDelayMs: number;
}

/** Figures that the ingest bench was run with (docs/decisions/0002-ingest.md). */
export const defaultBatchLimits: BatchLimits = { maxRows: 2_000, maxBytes: 4 * 2 ** 20, maxDelayMs: 1_000 };

/** Records that are written together. */
export interface RecordBatch {
  readonly records: readonly PackedRecord[];
  /** What it holds of the budget. */
  readonly bytes: number;
  /** Gives the memory of the bodies back; called once the records are not read any more. */
  release(): void;
}

/** What a batcher is made of. */
export interface BatcherParts {
  readonly limits: BatchLimits;
  readonly slabs: SlabPool;
  /** Gets each batch when it closes. */
  onBatch(batch: RecordBatch): void;
}

/** Gathers records into batches. A STATE never closes one. */
export class Batcher {
  readonly #parts: BatcherParts;
  #records: PackedRecord[] = [];
  #bytes = 0;
  #packer: Packer;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: BatcherParts) {
    this.#parts = parts;
    this.#packer = new Packer(parts.slabs);
  }

  /** Records of the open batch. */
  get size(): number {
    return this.#records.length;
  }

  /** Adds a record that holds `bytes` of the budget. */
  add(record: IngestRecord, bytes: number): void {
    const { maxRows, maxBytes, maxDelayMs } = this.#parts.limits;
    if (this.#records.length === 0) this.#timer = setTimeout(() => this.close(), maxDelayMs);
    this.#records.push(this.#packer.pack(record));
    this.#bytes += bytes;
    if (this.#records.length >= maxRows || this.#bytes >= maxBytes) this.close();
  }

  /** Closes the open batch, if it has records. */
  close(): void {
    if (this.#records.length > 0) this.#parts.onBatch(this.#take());
  }

  /** Drops the open batch and tells how many records it had. */
  drop(): number {
    const batch = this.#take();
    batch.release();
    return batch.records.length;
  }

  #take(): RecordBatch {
    clearTimeout(this.#timer);
    const packer = this.#packer;
    const batch = { records: this.#records, bytes: this.#bytes, release: () => packer.release() };
    this.#records = [];
    this.#bytes = 0;
    this.#packer = new Packer(this.#parts.slabs);
    return batch;
  }
}
