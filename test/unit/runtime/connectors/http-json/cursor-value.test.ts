import { expect, test } from '@jest/globals';
import { compareCursors } from '../../../../../runtime/connectors/http-json/cursor-value.ts';
import { rawNumber } from '../../../../../runtime/connectors/sdk/exact-json.ts';

test.each([
  { reason: 'integers beyond 2^53 compare exactly', a: rawNumber('9007199254740993'), b: rawNumber('9007199254740992'), order: 1 },
  { reason: 'equal numbers', a: rawNumber('7'), b: rawNumber('7'), order: 0 },
  { reason: 'decimals compare as numbers, not as text', a: rawNumber('9.5'), b: rawNumber('10.25'), order: -1 },
  { reason: 'times as text', a: '2026-01-02T00:00:00Z', b: '2026-01-01T00:00:00Z', order: 1 },
  { reason: 'text against a number has no order', a: '7', b: rawNumber('7'), order: undefined },
])('$reason', ({ a, b, order }) => {
  expect(compareCursors(a, b)).toBe(order);
});
