/** Time as a port, so that deciding code runs without a clock and tests with their own. */
export interface Clock {
  /** Wall-clock now. For rows and messages, never for measuring how long something took. */
  now(): Date;
  /** Milliseconds of a monotonic clock with an arbitrary origin; survives wall-clock jumps. */
  monotonicMs(): number;
}

/** The machine's clock; the only place that may ask it. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};
