/** What a run is waited for: START taken, stdout ended, exit, the end of a grace. */
export type PatienceName = 'start' | 'stdout' | 'exit' | 'kill';

/** At most one timer a name; setting a name again replaces its timer. */
export class PatienceTimers {
  readonly #timers = new Map<PatienceName, NodeJS.Timeout>();

  set(name: PatienceName, ms: number, act: () => void): void {
    this.clear(name);
    this.#timers.set(name, setTimeout(act, ms));
  }

  clear(name: PatienceName): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  clearAll(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
