import type { Clock } from '../clock.ts';

/** What an outage is and whom to tell. */
export interface OutageOptions {
  readonly clock: Clock;
  readonly lostAfterMs: number;
  onBeatLost(): void;
}

/** Judge of the own beat. */
export interface OutageWatch {
  /** A beat was written. One that comes too late ends an outage, it does not undo it: that is told first. */
  beat(): void;
  /** To be called regularly, also when no beat comes. */
  check(): void;
}

/** Tells an outage of the own beat once, by this thread's monotonic clock; the next outage is told again. Begins as if a beat had just been written. */
export function watchOutage(options: OutageOptions): OutageWatch {
  let lastMs = options.clock.monotonicMs();
  let told = false;
  const check = (): void => {
    if (told || options.clock.monotonicMs() - lastMs < options.lostAfterMs) return;
    told = true;
    options.onBeatLost();
  };
  return {
    check,
    beat() {
      check();
      told = false;
      lastMs = options.clock.monotonicMs();
    },
  };
}
