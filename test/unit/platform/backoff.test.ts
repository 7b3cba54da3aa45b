import { expect, test } from '@jest/globals';
import { backoffMs } from '../../../platform/backoff.ts';

test.each([
  { reason: 'the first is the initial delay, halved by the lowest jitter', failures: 1, random: 0, ms: 50 },
  { reason: 'full at the highest', failures: 1, random: 1, ms: 100 },
  { reason: 'each doubles', failures: 3, random: 1, ms: 400 },
  { reason: 'bounded above', failures: 9, random: 1, ms: 1_000 },
  { reason: 'also after years of failures', failures: 1e9, random: 1, ms: 1_000 },
])('$reason', ({ failures, random, ms }) => {
  expect(backoffMs(failures, { initialMs: 100, maxMs: 1_000 }, () => random)).toBe(ms);
});
