import type { RetryPolicy } from '../schemas/fields/operation.ts';
import { durationMs } from '../schemas/fields/duration.ts';

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

/** What a type that says nothing gets: three retries after about 1, 2 and 4 seconds. */
const defaultBackoff: Backoff = { maxRetries: 3, initialMs: 1_000, factor: 2, maxMs: 300_000 };

/** The backoff that a type's document declares, gaps filled in. Durations passed the schema; one that does not read counts as left out. */
export function backoffOf(policy: RetryPolicy | null | undefined): Backoff {
  if (policy === null || policy === undefined) return defaultBackoff;
  const { initial, factor, max } = policy.backoff ?? {};
  return {
    maxRetries: policy.maxRetries,
    initialMs: durationMs(initial ?? '') ?? defaultBackoff.initialMs,
    factor: factor ?? defaultBackoff.factor,
    maxMs: durationMs(max ?? '') ?? defaultBackoff.maxMs,
  };
}
