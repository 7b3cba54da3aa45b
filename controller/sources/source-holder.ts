/** Who holds a source, as the database has it. */
export interface SourceHold {
  readonly epoch: number;
  /** Null: nobody. */
  readonly processId: string | null;
}

/** Leases of sources. Adapter: `controller/store/sources/`. */
export interface SourceHolds {
  read(source: string): Promise<SourceHold | null>;
  /** Takes what is still as it was seen; null when it is not. */
  take(source: string, processId: string, seen: SourceHold | null): Promise<number | null>;
  release(source: string, processId: string, epoch: number): Promise<void>;
}

/** Keeps this process the holder of one source for as long as it can: takes what nobody holds, and what a lost process held. */
export class SourceHolder {
  readonly #source: string;
  readonly #processId: string;
  readonly #holds: SourceHolds;
  readonly #isLost: (processId: string) => boolean;

  constructor(parts: { source: string; processId: string; holds: SourceHolds; isLost: (processId: string) => boolean }) {
    this.#source = parts.source;
    this.#processId = parts.processId;
    this.#holds = parts.holds;
    this.#isLost = parts.isLost;
  }

  /** The epoch under which this process may write; null while another one holds the source. */
  async hold(): Promise<number | null> {
    const seen = await this.#holds.read(this.#source);
    if (seen?.processId === this.#processId) return seen.epoch;
    if (seen !== null && seen.processId !== null && !this.#isLost(seen.processId)) return null;
    return this.#holds.take(this.#source, this.#processId, seen);
  }

  /** Gives the source back, so that the next process need not wait. */
  async release(): Promise<void> {
    const seen = await this.#holds.read(this.#source);
    if (seen?.processId === this.#processId) await this.#holds.release(this.#source, this.#processId, seen.epoch);
  }
}
