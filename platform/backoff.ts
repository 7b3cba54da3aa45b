/** Uniform number in [0, 1); a port, so that tests choose it. */
export type Random = () => number;

/** Shape of a backoff: the delay doubles from `initialMs` up to `maxMs`. */
export interface BackoffShape {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** What loops use unless they say otherwise: quick after one hiccup, never above half a minute. */
export const loopBackoff: BackoffShape = { initialMs: 200, maxMs: 30_000 };

/** Delay after the nth failure in a row (from 1): exponential, bounded, with jitter over its upper half so that what failed together spreads. */
export function backoffMs(failures: number, shape: BackoffShape, random: Random): number {
  const full = Math.min(shape.maxMs, shape.initialMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full / 2 + (full / 2) * random());
}
