import type { DoneError } from './messages/message.ts';

/**
 * Whether a failure that the connector reported may be retried (protocol A11). `retryable: false` always stops. A recovery hint is
 * final: `retry_by_runtime` retries, every other word but `unknown` asks for something else first. Without a hint, or with `unknown`,
 * `retryable` decides; absent counts as false. Code and message are never read.
 */
export function declaresRetry(error: DoneError | undefined): boolean {
  const declared = [error?.retryable, error?.recoveryHint?.retryable];
  if (declared.includes(false)) return false;
  const action = error?.recoveryHint?.action;
  if (action === 'retry_by_runtime') return true;
  return (action === undefined || action === 'unknown') && declared.includes(true);
}
