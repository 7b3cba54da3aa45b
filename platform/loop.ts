import { backoffMs, loopBackoff, type BackoffShape, type Random } from './backoff.ts';
import type { Clock } from './clock.ts';
import { Fault, isFault } from './errors.ts';
import type { Log } from './log.ts';

/** A database that is away is the one thing that every loop waits for: its return is noticed soon, and asking costs little. */
const DATABASE_AWAY_MAX_MS = 5_000;

/** A background activity that repeats until its signal is aborted. */
export interface LoopOptions {
  /** Names the loop in logs and in readiness. */
  readonly name: string;
  /** Ends the loop. A pass in flight gets the same signal and is waited for. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly backoff?: BackoffShape;
  /** One pass. Resolves with the milliseconds until the next (0: at once); a throw is logged and followed by backoff. */
  pass(signal: AbortSignal): Promise<number>;
}

/** A running loop. Its promise never rejects. */
export interface Loop {
  readonly name: string;
  /** Makes the next pass start now; during a pass: right after it. Any number of wakes are one. Does not cut a backoff short. */
  wake(): void;
  /** Resolves when the last pass has ended after the abort. */
  readonly done: Promise<void>;
  /** Monotonic time at which the last pass ended without a fault; undefined before the first. For readiness. */
  lastPassAtMs(): number | undefined;
}

/** Starts a loop. Faults decide their own delay: `retry` and foreign errors back off, `wait` waits its time, `stall` waits at the upper bound. */
export function startLoop(options: LoopOptions): Loop {
  const sleeper = createSleeper(options.signal);
  let lastPass: number | undefined;
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!options.signal.aborted) {
      try {
        const delayMs = await options.pass(options.signal);
        lastPass = options.clock.monotonicMs();
        failures = 0;
        await sleeper.sleep(delayMs, true);
      } catch (error) {
        if (options.signal.aborted) return;
        failures += 1;
        const delayMs = delayAfter(error, failures, options);
        options.log.warn({ loop: options.name, failures, delayMs, err: error }, 'loop pass failed');
        await sleeper.sleep(delayMs, false);
      }
    }
  };
  return { name: options.name, wake: () => sleeper.wake(), done: run(), lastPassAtMs: () => lastPass };
}

/** Waits for loops that were aborted, at most this long; answers the names of those that did not end. */
export async function drainLoops(loops: readonly Loop[], timeoutMs: number): Promise<string[]> {
  const running = new Set(loops.map((loop) => loop.name));
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  const all = Promise.all(loops.map((loop) => loop.done.then(() => running.delete(loop.name))));
  await Promise.race([all, timeout]);
  clearTimeout(timer);
  return [...running];
}

/** Resolves after this time or at the abort, whichever is first; never rejects. */
export async function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  await createSleeper(signal).sleep(ms, false);
}

function delayAfter(error: unknown, failures: number, options: LoopOptions): number {
  const shape = options.backoff ?? loopBackoff;
  if (error instanceof Fault && error.disposition.kind === 'wait') return error.disposition.ms;
  if (error instanceof Fault && error.disposition.kind === 'stall') return shape.maxMs;
  const maxMs = isFault(error, 'DatabaseUnavailable') ? Math.min(shape.maxMs, DATABASE_AWAY_MAX_MS) : shape.maxMs;
  return backoffMs(failures, { ...shape, maxMs }, options.random);
}

interface Sleeper {
  sleep(ms: number, wakeable: boolean): Promise<void>;
  wake(): void;
}

/** One sleep at a time. A wake that comes while nobody sleeps is kept for the next wakeable sleep. */
function createSleeper(signal: AbortSignal): Sleeper {
  let woken = false;
  let interrupt: (() => void) | undefined;
  return {
    wake() {
      woken = true;
      interrupt?.();
    },
    async sleep(ms, wakeable) {
      if (!signal.aborted && !(wakeable && woken)) {
        await new Promise<void>((resolve) => {
          const end = (): void => {
            clearTimeout(timer);
            signal.removeEventListener('abort', end);
            interrupt = undefined;
            resolve();
          };
          // setTimeout takes at most 2^31-1 ms and would fire at once above it.
          const timer = setTimeout(end, Math.min(ms, 0x7fffffff));
          signal.addEventListener('abort', end);
          if (wakeable) interrupt = end;
        });
      }
      if (wakeable) woken = false;
    },
  };
}
