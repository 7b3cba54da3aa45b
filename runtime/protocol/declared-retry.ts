import type { DoneError } from './messages/message.ts';

/**
 * Whether a failure that the connector reported may be retried (protocol A11). `retryable: false` always stops. A recovery hint is
 * final: `retry_by_runtime` retries, every other word but `unknown` asks for something else first. Without a hint, or with `unknown`,
 * `retryable` decides; absent counts as false. Code and message are never read.
 */
export function declaresRetry(error: DoneError | undefined): boolean {
  if (error === undefined || error.retryable === false) return false;
  const hint = error.recoveryHint;
  if (hint?.retryable === false) return false;
  if (hint?.action === 'retry_by_runtime') return true;
  if (hint === undefined || hint.action === 'unknown') return (hint?.retryable ?? error.retryable) === true;
  return false;
}
