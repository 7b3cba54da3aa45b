import type { BackoffShape, Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { startLoop } from '../../platform/loop.ts';
import { listen } from '../../platform/postgres/listen.ts';
import type { StartSteps } from '../../platform/start-steps.ts';
import type { RunPool } from '../run/run-pool.ts';
import { type PostgresRunQueue, RUNS_DUE_CHANNEL } from '../store/postgres/queue/run-queue.ts';

/** What the loops of a runtime work with. */
export interface LoopParts {
  readonly url: string;
  readonly processId: string;
  readonly pool: RunPool;
  readonly queue: PostgresRunQueue;
  /** How long a stop waits for runs to end by themselves. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly steps: StartSteps;
}

/** Told when a cancel was requested. */
const RUNS_CONTROL_CHANNEL = 'runs_control';
/** Due work is looked for at least this often; notifications only make it quick. */
const CLAIM_EVERY_MS = 5_000;
const CONTROL_EVERY_MS = 1_000;
/** A database that is back is noticed soon: runs wait for it. */
const backoff: BackoffShape = { initialMs: 200, maxMs: 5_000 };

/**
 * Starts the three loops: one claims due runs, one asks what became of the held ones, one listens for notifications that wake the others.
 * A stop ends the claims first and drains the runs, which can still be cancelled meanwhile.
 */
export function startLoops(parts: LoopParts): void {
  const { pool, queue, clock, random, log, steps } = parts;
  const watching = new AbortController();
  const claiming = new AbortController();
  const base = { clock, random, log, backoff };
  const control = startLoop({
    ...base,
    name: 'control',
    signal: watching.signal,
    pass: async () => {
      await pool.control();
      return CONTROL_EVERY_MS;
    },
  });
  const wakeAll = (): void => {
    queue.wake();
    control.wake();
  };
  const listener = listen(parts.url, {
    ...base,
    channels: [RUNS_DUE_CHANNEL, RUNS_CONTROL_CHANNEL],
    name: `cc-runtime-listen-${parts.processId}`,
    signal: watching.signal,
    onNotify: (channel) => (channel === RUNS_CONTROL_CHANNEL ? control.wake() : queue.wake()),
    onConnected: wakeAll,
  });
  steps.done('run control', async () => {
    watching.abort();
    await Promise.all([control.done, listener.done]);
  });
  const claims = startLoop({
    ...base,
    name: 'claim',
    signal: claiming.signal,
    pass: async (signal) => {
      await pool.claim();
      await pool.waitForWork(CLAIM_EVERY_MS, signal);
      return 0;
    },
  });
  steps.done('runs', async () => {
    claiming.abort();
    await claims.done;
    await pool.drain(parts.drainMs);
  });
}
