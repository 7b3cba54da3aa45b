/** Something to sleep on. A wake that comes while nobody sleeps is kept for the next sleep. */
export class WakeSignal {
  #woken = false;
  readonly #sleepers = new Set<() => void>();

  /** Ends every sleep, or the next one. */
  wake(): void {
    this.#woken = this.#sleepers.size === 0;
    for (const end of this.#sleepers) end();
  }

  /** Resolves at a wake, after `ms`, or at the abort, whichever is first. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#woken) {
      this.#woken = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#sleepers.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      this.#sleepers.add(end);
    });
  }
}
