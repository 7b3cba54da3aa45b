import type { IngestRecord } from '../apis/run.ts';

/** When a batch closes, whichever comes first. */
export interface BatchLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Time from its first record. */
  readonly maxDelayMs: number;
}

/** Figures that the ingest bench was run with (docs/decisions/0002-ingest.md). */
export const defaultBatchLimits: BatchLimits = { maxRows: 2_000, maxBytes: 4 * 2 ** 20, maxDelayMs: 1_000 };

/** Gathers records into batches and hands each on when it closes. A STATE never closes one. */
export class Batcher {
  readonly #limits: BatchLimits;
  readonly #onBatch: (records: readonly IngestRecord[], bytes: number) => void;
  #records: IngestRecord[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: BatchLimits, onBatch: (records: readonly IngestRecord[], bytes: number) => void) {
    this.#limits = limits;
    this.#onBatch = onBatch;
  }

  /** Records of the open batch. */
  get size(): number {
    return this.#records.length;
  }

  /** Adds a record that holds `bytes` of memory. */
  add(record: IngestRecord, bytes: number): void {
    if (this.#records.length === 0) this.#timer = setTimeout(() => this.close(), this.#limits.maxDelayMs);
    this.#records.push(record);
    this.#bytes += bytes;
    if (this.#records.length >= this.#limits.maxRows || this.#bytes >= this.#limits.maxBytes) this.close();
  }

  /** Closes the open batch, if it has records. */
  close(): void {
    const bytes = this.#bytes;
    const records = this.drop();
    if (records.length > 0) this.#onBatch(records, bytes);
  }

  /** Takes the records of the open batch away. */
  drop(): readonly IngestRecord[] {
    clearTimeout(this.#timer);
    const records = this.#records;
    this.#records = [];
    this.#bytes = 0;
    return records;
  }
}
