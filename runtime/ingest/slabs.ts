import type { IngestRecord, PackedRecord } from '../apis/run.ts';

/** Size of a slab; larger bodies get memory of their own. */
const SLAB_BYTES = 256 * 1_024;
/** UTF-8 needs at most this many bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;

/** Memory outside the heap for the bodies of records, in pieces that are used again; shared by all runs of a runtime. */
export class SlabPool {
  readonly #free: Buffer[] = [];
  readonly #maxFree: number;

  /** `keepBytes`: memory that is kept for the next batches while nothing uses it. */
  constructor(keepBytes: number) {
    this.#maxFree = Math.ceil(keepBytes / SLAB_BYTES);
  }

  /** A slab whose content is whatever was there before. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  }

  /** Takes back slabs that nobody reads any more. */
  give(slabs: readonly Buffer[]): void {
    for (const slab of slabs) if (this.#free.length < this.#maxFree) this.#free.push(slab);
  }
}

/** Packs the records of one batch. */
export class Packer {
  readonly #pool: SlabPool;
  readonly #slabs: Buffer[] = [];
  #used = SLAB_BYTES;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  /** Copies the body out of the heap. The body of a delete is not stored, so it is not kept. */
  pack({ stream, key, deleted, emittedAt, dataText }: IngestRecord): PackedRecord {
    const text = deleted ? '' : (dataText ?? '');
    const bytes = this.#room(text.length * MAX_BYTES_PER_UNIT) ?? Buffer.from(text);
    const isSlab = bytes === this.#slabs.at(-1);
    const start = isSlab ? this.#used : 0;
    const end = isSlab ? start + bytes.write(text, start) : bytes.length;
    if (isSlab) this.#used = end;
    return { stream, key, deleted, emittedAt, bytes, start, end };
  }

  /** Gives the memory back; the packed records may not be read any more. */
  release(): void {
    this.#pool.give(this.#slabs.splice(0));
  }

  /** The slab with room for so many bytes; null when none ever has. */
  #room(bytes: number): Buffer | null {
    if (bytes > SLAB_BYTES) return null;
    if (this.#used + bytes > SLAB_BYTES) {
      this.#slabs.push(this.#pool.take());
      this.#used = 0;
    }
    return this.#slabs.at(-1) ?? null;
  }
}
