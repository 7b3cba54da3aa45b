import type { RunQueue } from '../apis/ports.ts';
import type { RunAssignment } from '../apis/run.ts';
import { RunStop } from './run-stop.ts';

/** What a pool is made of. */
export interface RunPoolParts {
  readonly processId: string;
  readonly queue: RunQueue;
  /** Runs at once. */
  readonly slots: number;
  /** Executes one attempt; never rejects. */
  execute(run: RunAssignment, stop: RunStop): Promise<void>;
}

interface Held {
  readonly run: RunAssignment;
  readonly stop: RunStop;
  readonly ended: Promise<void>;
}

/** The runs of one process: claims as many as there are slots, passes on what the database says about them, and drains. */
export class RunPool {
  readonly #parts: RunPoolParts;
  readonly #held = new Map<string, Held>();
  #freed: (() => void) | null = null;

  constructor(parts: RunPoolParts) {
    this.#parts = parts;
  }

  /** Runs in progress. */
  get size(): number {
    return this.#held.size;
  }

  /** Claims what is due and starts it. Returns how many were claimed. */
  async claim(): Promise<number> {
    const capacity = this.#parts.slots - this.#held.size;
    if (capacity <= 0) return 0;
    const runs = await this.#parts.queue.claim(this.#parts.processId, capacity);
    for (const run of runs) this.#start(run);
    return runs.length;
  }

  /** Resolves when work may be due and a slot is free, at the latest after `maxMs`. */
  async waitForWork(maxMs: number, signal: AbortSignal): Promise<void> {
    const slot = this.#held.size < this.#parts.slots ? null : this.#slotFree(signal);
    if (slot !== null) return slot;
    return this.#parts.queue.waitForWork(maxMs, signal);
  }

  /** Asks the database about every held run: cancel requests and lost leases end it. */
  async control(): Promise<void> {
    if (this.#held.size === 0) return;
    const keys = [...this.#held.values()].map(({ run }) => run);
    for (const { runId, signal } of await this.#parts.queue.readControl(this.#parts.processId, keys)) {
      this.#held.get(runId)?.stop.stop(signal);
    }
  }

  /** Ends every run at once without another write: this process can no longer show that it is alive. */
  abandon(): void {
    for (const { stop } of this.#held.values()) stop.stop('lost');
  }

  /** Waits for the runs to end by themselves; those that go on after `drainMs` are handed over. Resolves when none is left. */
  async drain(drainMs: number): Promise<void> {
    const handover = setTimeout(() => {
      for (const { stop } of this.#held.values()) stop.stop('handover');
    }, drainMs);
    while (this.#held.size > 0) await Promise.all([...this.#held.values()].map(({ ended }) => ended));
    clearTimeout(handover);
  }

  #start(run: RunAssignment): void {
    const stop = new RunStop();
    const ended = this.#parts.execute(run, stop).finally(() => {
      this.#held.delete(run.runId);
      this.#freed?.();
    });
    this.#held.set(run.runId, { run, stop, ended });
  }

  #slotFree(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#freed = null;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#freed = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
