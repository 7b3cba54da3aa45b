import { abortableSleep } from '../../platform/loop.ts';
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
  /** By run id: of one run at most one attempt. */
  readonly #held = new Map<string, Held>();
  #freed = new AbortController();

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
    if (this.#held.size < this.#parts.slots) return this.#parts.queue.waitForWork(maxMs, signal);
    await abortableSleep(maxMs, AbortSignal.any([signal, this.#freed.signal]));
  }

  /** Asks the database about every held run: cancel requests and lost leases end it. */
  async control(): Promise<void> {
    if (this.#held.size === 0) return;
    const asked = new Map(this.#held);
    const answers = await this.#parts.queue.readControl(
      this.#parts.processId,
      [...asked.values()].map(({ run }) => run),
    );
    for (const { runId, signal } of answers) asked.get(runId)?.stop.stop(signal);
  }

  /** Ends every child at once: this process could not show that it is alive, so others may take its runs. */
  abandon(): void {
    for (const { stop } of this.#held.values()) stop.stop('beat_lost');
  }

  /** Waits for the runs to end by themselves; those that go on after `drainMs` are handed over. Resolves when none is left. */
  async drain(drainMs: number): Promise<void> {
    const handover = setTimeout(() => {
      for (const { stop } of this.#held.values()) stop.stop('handover');
    }, drainMs);
    while (this.#held.size > 0) await Promise.all([...this.#held.values()].map(({ ended }) => ended));
    clearTimeout(handover);
  }

  /**
   * An attempt whose predecessor was of this process too waits until that one has let go of everything. The predecessor's lease is gone,
   * or the run could not have been claimed again: it is told so here, since from now on answers about the run are for the new attempt.
   */
  #start(run: RunAssignment): void {
    const stop = new RunStop();
    const before = this.#held.get(run.runId);
    before?.stop.stop('lost');
    const free = before?.ended ?? Promise.resolve();
    const held: Held = { run, stop, ended: free.then(() => this.#parts.execute(run, stop)).finally(() => this.#end(held)) };
    this.#held.set(run.runId, held);
  }

  #end(held: Held): void {
    if (this.#held.get(held.run.runId) === held) this.#held.delete(held.run.runId);
    const freed = this.#freed;
    this.#freed = new AbortController();
    freed.abort();
  }
}
