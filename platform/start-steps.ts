import type { Log } from './log.ts';

/** Steps of a start, each with its way back. A stop, and a start that fails half-way, undo what was done, last first. */
export class StartSteps {
  readonly #undo: { name: string; stop(): Promise<unknown> }[] = [];
  readonly #log: Log;
  #stopped: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Remembers how a step is undone. */
  done(name: string, stop: () => Promise<unknown>): void {
    this.#undo.push({ name, stop });
  }

  /** Undoes every step, last first; one that fails keeps no other from being undone. Calling it twice is one stop. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of this.#undo.reverse()) {
      try {
        await stop();
        this.#log.debug({ step: name }, 'stopped');
      } catch (error) {
        this.#log.warn({ step: name, err: error }, 'could not be stopped in order');
      }
    }
  }
}
