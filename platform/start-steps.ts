import { Fault } from './errors.ts';
import type { Log } from './log.ts';

/** Steps of a start, each with its way back. A stop, and a start that fails half-way, undo what was done, last first. */
export class StartSteps {
  readonly #undo: { name: string; stop(): Promise<unknown> }[] = [];
  readonly #log: Log;
  #stopped: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Remembers how a step is undone. Throws `StartStopped` once a stop was asked for, so that the start ends here; the step is undone by
   * the next `stop`.
   */
  done(name: string, stop: () => Promise<unknown>): void {
    this.#undo.push({ name, stop });
    if (this.#stopped !== undefined) throw new Fault({ reason: 'StartStopped', message: `the start was stopped after ${name}` });
  }

  /** Undoes every step, last first; one that fails keeps no other from being undone. Called again it undoes what came since. */
  stop(): Promise<void> {
    this.#stopped = (this.#stopped ?? Promise.resolve()).then(() => this.#stopAll());
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    for (let step = this.#undo.pop(); step !== undefined; step = this.#undo.pop()) {
      const { name, stop } = step;
      try {
        await stop();
        this.#log.debug({ step: name }, 'stopped');
      } catch (error) {
        this.#log.warn({ step: name, err: error }, 'could not be stopped in order');
      }
    }
  }
}
