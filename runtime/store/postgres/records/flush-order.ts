import type { PackedRecord } from '../../../apis/run.ts';

/** Records of a batch by identity (the key when all are of one stream), each once. */
export type Batch = ReadonlyMap<string, PackedRecord>;

/** A batch that is being written. */
export interface Flight {
  readonly batch: Batch;
  /** Its only stream; null when it has several. */
  readonly stream: string | null;
  /** Version that it leaves in its stream if it changes anything; null when nobody can tell. */
  after: number | null;
  /** Resolves when it has ended, well or not. */
  readonly ended: Promise<void>;
}

/** Writes a batch; `before` is the batch in flight that it follows, null when there is none. */
export type WriteFlight<T> = (flight: Flight, before: Flight | null) => Promise<T>;

/**
 * Order of the batches of one run. At most two are in flight: the second is parsed and compared while the first is written, and takes its
 * versions after it. Batches that share a key, or whose versions cannot be told, are written one after the other.
 */
export class FlushOrder {
  /** Resolves when the next batch may begin. */
  #turn: Promise<void> = Promise.resolve();
  #current: Flight | null = null;
  #failure: { error: unknown } | null = null;
  #calls = 0;
  /** Versions of streams as this run left them. */
  readonly #versions = new Map<string, number>();

  /** True when nothing waits or is in flight: the order may be forgotten. */
  get idle(): boolean {
    return this.#calls === 0;
  }

  /** Calls `write` when it is the batch's turn, in the order of calls. What waits behind a batch that failed fails with its error. */
  async run<T>(batch: Batch, write: WriteFlight<T>): Promise<T> {
    this.#calls++;
    const { promise: nextTurn, resolve: letNext } = Promise.withResolvers<void>();
    const turn = this.#turn;
    this.#turn = nextTurn;
    try {
      await turn;
      const before = await this.#clear(batch);
      // The one after the next must not begin before the first has ended: two in flight.
      void (before?.ended ?? Promise.resolve()).then(letNext);
      return await this.#fly(batch, before, write);
    } finally {
      this.#calls--;
      letNext();
    }
  }

  /** Throws the error of a batch that failed before this one's turn. */
  requireUnbroken(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Notes the version that a batch left in a stream. Answers of two connections may cross: the higher one counts. */
  note(stream: string, version: number): void {
    this.#versions.set(stream, Math.max(version, this.#versions.get(stream) ?? 0));
  }

  /** Forgets a version that this run cannot tell any more. */
  forget(stream: string): void {
    this.#versions.delete(stream);
  }

  /** Waits until the batch may be written; the batch in flight if they may be written side by side. */
  async #clear(batch: Batch): Promise<Flight | null> {
    if (this.#current !== null && !mayOverlap(this.#current, batch)) await this.#current.ended;
    this.requireUnbroken();
    return this.#current;
  }

  async #fly<T>(batch: Batch, before: Flight | null, write: WriteFlight<T>): Promise<T> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const flight: Flight = { batch, stream: onlyStream(batch), after: null, ended };
    flight.after = this.#versionAfter(flight, before);
    this.#current = flight;
    try {
      return await write(flight, before);
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    } finally {
      if (this.#current === flight) this.#current = null;
      end();
    }
  }

  #versionAfter({ stream, batch }: Flight, before: Flight | null): number | null {
    if (stream === null) return null;
    const base = before === null ? (this.#versions.get(stream) ?? null) : before.after;
    return base === null ? null : base + batch.size;
  }
}

/** Only batches of the same single stream, whose versions are known and which share no key, are written side by side. */
function mayOverlap(current: Flight, batch: Batch): boolean {
  if (current.after === null || current.stream !== onlyStream(batch)) return false;
  for (const identity of batch.keys()) if (current.batch.has(identity)) return false;
  return true;
}

function onlyStream(batch: Batch): string | null {
  let only: string | null = null;
  for (const { stream } of batch.values()) {
    if (only !== null && only !== stream) return null;
    only = stream;
  }
  return only;
}
