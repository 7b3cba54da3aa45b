/** Waits for a call, a time, or the end. One waiter at a time. */
export class Wake {
  #called = false;
  #resolve: (() => void) | null = null;

  /** Wakes the waiter, now or at its next wait. */
  up(): void {
    this.#called = true;
    this.#resolve?.();
  }

  /** True when called, now or since the last wait; false after `ms` or at the end. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#called) await this.#sleep(ms, signal, true);
    const called = this.#called;
    this.#called = false;
    return called;
  }

  /** Waits whatever is called meanwhile, until `ms` are over or the end. */
  pause(ms: number, signal: AbortSignal): Promise<void> {
    return this.#sleep(ms, signal, false);
  }

  #sleep(ms: number, signal: AbortSignal, wakes: boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#resolve = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (wakes) this.#resolve = done;
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}
