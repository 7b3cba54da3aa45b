/** How the listings of a source go, for readiness. */
export interface SourceHealth {
  /** Monotonic time of the last complete listing, in milliseconds; null before the first. */
  readonly listedAtMs: number | null;
  /** Why the source cannot be listed at the moment. */
  readonly fault: string | null;
  /** False: another process holds the source and answers for it. */
  readonly holder: boolean;
}
