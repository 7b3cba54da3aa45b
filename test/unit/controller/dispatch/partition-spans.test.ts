import { expect, test } from '@jest/globals';
import { monthsAhead } from '../../../../controller/dispatch/partition-spans.ts';

test('[RT-6.5] months follow each other without gap over the end of a year, in UTC', () => {
  const spans = monthsAhead(new Date('2026-11-30T23:59:59Z'), 2);
  expect(spans.map((span) => span.label)).toEqual(['202611', '202612', '202701']);
  expect(spans[0]?.from).toEqual(new Date('2026-11-01T00:00:00Z'));
  expect(spans.slice(1).map((span) => span.from)).toEqual(spans.slice(0, -1).map((span) => span.to));
});
