/**
 * Believes that documents are gone once they stayed away: editors and `git checkout` remove before they write, a file may be seen half
 * written, and a new holder may look just then. What is shown is taken at once; only removal waits.
 */
export class Disappearances {
  readonly #settleMs: number;
  #shown: ReadonlySet<string> | null = null;
  #lostAtMs = 0;

  /** @param settleMs how long the listings must have agreed. */
  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  /** Milliseconds until a listing may imply removals; 0: this one may. `shown`: keys of all documents that it shows. */
  untilSettledMs(shown: ReadonlySet<string>, nowMs: number): number {
    if (this.#shown === null || !this.#shown.isSubsetOf(shown)) this.#lostAtMs = nowMs;
    this.#shown = shown;
    return Math.max(0, this.#lostAtMs + this.#settleMs - nowMs);
  }
}
