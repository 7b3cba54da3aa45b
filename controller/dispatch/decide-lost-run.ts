import { backoffOf, decideRetry } from '../../platform/retry-policy.ts';
import type { LostRun, LostRunVerdict } from '../apis/runs.ts';

/**
 * What becomes of a run that lost its runtime. Pure.
 *
 * | run | verdict |
 * | --- | --- |
 * | a cancel was asked for | cancelled |
 * | manual | abandoned: whoever asked for it decides whether it starts again |
 * | scheduled, its schedule or connector stopped meanwhile | abandoned |
 * | scheduled, retries left | pending, next attempt after the backoff |
 * | scheduled, none left | failed, to the dead letters |
 */
export function decideLostRun(run: LostRun, globalMaxRetries: number): LostRunVerdict {
  const { reason, message } = run;
  const lost = { reason, message, failureClass: 'transient', delayMs: 0, deadLetter: false } as const;
  if (run.cancelRequested)
    return { ...lost, state: 'cancelled', reason: 'cancelled', message: 'Cancelled on request.', failureClass: 'permanent' };
  if (run.trigger === 'manual' || !run.mayRetry) return { ...lost, state: 'abandoned' };
  const retry = decideRetry({
    attempt: run.attempt,
    retryable: true,
    retryAfterMs: null,
    backoff: backoffOf(run.retryPolicy),
    globalMaxRetries,
    random: randomOf(run.runId),
  });
  return retry === null ? { ...lost, state: 'failed', deadLetter: true } : { ...lost, state: 'pending', delayMs: retry.delayMs };
}

/** The random end of a UUIDv7 as a number in [0, 1): spreads the retries of runs that were lost together. */
function randomOf(runId: string): number {
  return Number.parseInt(runId.slice(-8), 16) / 2 ** 32;
}
