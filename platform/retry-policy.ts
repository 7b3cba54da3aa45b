/** Backoff of one connector type, as its document declares it, in milliseconds. */
export interface Backoff {
  readonly maxRetries: number;
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

/** What decides whether another attempt follows. */
export interface RetryQuestion {
  /** Attempt that just failed; counts from 1. */
  readonly attempt: number;
  readonly retryable: boolean;
  /** The provider's own wish; obeyed when longer than the backoff. */
  readonly retryAfterMs: number | null;
  readonly backoff: Backoff;
  /** Cap over every type's setting (CF-36: the smallest applies). */
  readonly globalMaxRetries: number;
  /** Uniform in [0, 1): spreads retries that failed together. */
  readonly random: number;
}

/** Delay before the next attempt, or null when there is none: bounded exponential backoff with jitter over its upper half. */
export function decideRetry(question: RetryQuestion): { delayMs: number } | null {
  const { attempt, retryable, backoff } = question;
  if (!retryable || attempt > Math.min(backoff.maxRetries, question.globalMaxRetries)) return null;
  const full = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (attempt - 1));
  const jittered = full / 2 + (full / 2) * question.random;
  return { delayMs: Math.round(Math.max(jittered, question.retryAfterMs ?? 0)) };
}
