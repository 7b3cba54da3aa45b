import { describe, expect, test } from '@jest/globals';
import type { LostRun } from '../../../../controller/apis/runs.ts';
import { decideLostRun } from '../../../../controller/dispatch/decide-lost-run.ts';

function lostRun(change: Partial<LostRun> = {}): LostRun {
  return {
    instanceId: '0195f000-0000-7000-8000-000000000001',
    runId: '0195f000-0000-7000-8000-000080000000',
    attempt: 1,
    epoch: 2,
    trigger: 'schedule',
    reason: 'RuntimeLost',
    message: 'The runtime that executed the run is gone.',
    cancelRequested: false,
    mayRetry: true,
    retryPolicy: { maxRetries: 3, backoff: { initial: '10s', factor: 2, max: '1m' } },
    ...change,
  };
}

describe('decideLostRun', () => {
  const cases: [reason: string, change: Partial<LostRun>, maxRetries: number, expected: Record<string, unknown>][] = [
    ['a scheduled run is tried again after the backoff of its type', {}, 5, { state: 'pending', delayMs: 7_500, deadLetter: false }],
    ['the backoff grows with the attempt', { attempt: 2 }, 5, { state: 'pending', delayMs: 15_000 }],
    ['the last retry is used', { attempt: 3 }, 5, { state: 'pending' }],
    ['after it the run fails, to the dead letters', { attempt: 4 }, 5, { state: 'failed', reason: 'RuntimeLost', deadLetter: true }],
    ['the cap over all types is the smaller one', { attempt: 2 }, 1, { state: 'failed', deadLetter: true }],
    ['a type that says nothing is retried too', { retryPolicy: null }, 5, { state: 'pending', delayMs: 750 }],
    [
      'a manual run is not started again by itself',
      { trigger: 'manual' },
      5,
      { state: 'abandoned', reason: 'RuntimeLost', deadLetter: false },
    ],
    ['nor one whose schedule stopped', { mayRetry: false }, 5, { state: 'abandoned', deadLetter: false }],
    ['a cancel outweighs all', { cancelRequested: true }, 5, { state: 'cancelled', reason: 'cancelled', failureClass: 'permanent' }],
    [
      'a run that never started keeps that reason',
      { reason: 'StartDeadlineExceeded', trigger: 'manual' },
      5,
      { state: 'abandoned', reason: 'StartDeadlineExceeded' },
    ],
  ];
  test.each(cases)('[RT-6.5, RT-8.5] %s', (...[, change, maxRetries, expected]) => {
    expect(decideLostRun(lostRun(change), maxRetries)).toMatchObject(expected);
  });

  test('[RT-6.5] runs that were lost together are not tried again together', () => {
    const delays = ['00000000', '40000000', 'ffffffff'].map(
      (end) => decideLostRun(lostRun({ runId: `0195f000-0000-7000-8000-0000${end}` }), 5).delayMs,
    );
    expect(delays).toEqual([5_000, 6_250, 10_000]);
  });
});
