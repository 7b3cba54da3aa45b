import { createHash } from 'node:crypto';

/** An endless, ordered set of moments. Pure; both directions are found without walking from a beginning. */
export interface Recurrence {
  /** First moment strictly after; null when there is none any more. */
  after(at: Date): Date | null;
  /** Last moment at or before; null when there is none. */
  atOrBefore(at: Date): Date | null;
}

/** A number in [0, 1) that is the same for the same text on every machine, evenly spread over different texts. */
export function fractionOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}

/**
 * Every `everyMs` milliseconds on a grid through `origin`. Intervals are true durations: changes of the clock in summer and winter do
 * not touch them.
 */
export function everyInterval(origin: Date, everyMs: number): Recurrence {
  const slotBelow = (ms: number): number => origin.getTime() + Math.floor((ms - origin.getTime()) / everyMs) * everyMs;
  return {
    after: (at) => new Date(slotBelow(at.getTime()) + everyMs),
    atOrBefore: (at) => new Date(slotBelow(at.getTime())),
  };
}

/** The same moments without those before `floor`. */
export function notBefore(recurrence: Recurrence, floor: Date): Recurrence {
  return {
    after: (at) => recurrence.after(at < floor ? new Date(floor.getTime() - 1) : at),
    atOrBefore(at) {
      const found = recurrence.atOrBefore(at);
      return found === null || found < floor ? null : found;
    },
  };
}

/**
 * Moves each moment later by less than `jitterMs`, by a hash of the moment and `seed`: the same move on every machine, another one for
 * each moment. Moments may overtake each other when the jitter exceeds their distance; none is lost or doubled.
 */
export function jittered(base: Recurrence, jitterMs: number, seed: string): Recurrence {
  if (jitterMs <= 0) return base;
  const moved = (slot: Date): number => slot.getTime() + Math.floor(fractionOf(`${seed}/${slot.getTime()}`) * jitterMs);
  return {
    after(at) {
      let best: number | null = null;
      // A slot at `at - jitter` or before has been moved to before `at`; a slot after the best one found cannot beat it.
      let slot = base.after(new Date(at.getTime() - jitterMs));
      while (slot !== null && (best === null || slot.getTime() < best)) {
        const due = moved(slot);
        if (due > at.getTime() && (best === null || due < best)) best = due;
        slot = base.after(slot);
      }
      return best === null ? null : new Date(best);
    },
    atOrBefore(at) {
      let best: number | null = null;
      let slot = base.atOrBefore(at);
      while (slot !== null && (best === null || slot.getTime() + jitterMs > best)) {
        const due = moved(slot);
        if (due <= at.getTime() && (best === null || due > best)) best = due;
        slot = base.atOrBefore(new Date(slot.getTime() - 1));
      }
      return best === null ? null : new Date(best);
    },
  };
}
