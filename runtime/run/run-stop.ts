/**
 * Why a run is ended from our side: `deadline` its time is up, `handover` our own stop, `cancel` the owner's wish, `beat_lost` this process
 * could not show that it is alive, so others may believe it dead, `lost` another epoch is in force.
 */
export type StopCause = 'deadline' | 'handover' | 'cancel' | 'beat_lost' | 'lost';

/** Mildest first. After `lost` nothing may be written at all, and a cancel beats what only ends the run. */
const bySeverity: readonly StopCause[] = ['deadline', 'handover', 'cancel', 'beat_lost', 'lost'];

/** Tells one run to end. Causes only add up: the worst one decides what the ending means. */
export class RunStop {
  readonly #controller = new AbortController();
  readonly #causes = new Set<StopCause>();
  readonly #listeners = new Set<(cause: StopCause) => void>();

  /** Raised once, by the first cause. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The worst cause so far; null while the run may go on. */
  get cause(): StopCause | null {
    return bySeverity.findLast((cause) => this.#causes.has(cause)) ?? null;
  }

  has(cause: StopCause): boolean {
    return this.#causes.has(cause);
  }

  /** Adds a cause; a repeat changes nothing. */
  stop(cause: StopCause): void {
    if (this.#causes.has(cause)) return;
    this.#causes.add(cause);
    for (const listener of this.#listeners) listener(cause);
    this.#controller.abort();
  }

  /** Calls back for each cause: those that are there at once, later ones as they come. Returns what ends that. */
  onStop(listener: (cause: StopCause) => void): () => void {
    this.#listeners.add(listener);
    for (const cause of this.#causes) listener(cause);
    return () => void this.#listeners.delete(listener);
  }
}
