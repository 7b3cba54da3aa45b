import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareInstants, parseInstant } from '../../../../../runtime/protocol/scope/instant.ts';

const anything = { date: true, noOffset: true };
const strict = { date: false, noOffset: false };

describe('parseInstant', () => {
  test('[PROTO-16] agrees with the engine on every moment', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          expect(parseInstant(date.toISOString(), strict)).toEqual({ ms: date.getTime(), subMs: '' });
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['2026-01-01t00:00:00z', Date.UTC(2026, 0, 1), ''],
    ['2026-01-01T01:30:00+01:30', Date.UTC(2026, 0, 1), ''],
    ['2025-12-31T19:00:00-05:00', Date.UTC(2026, 0, 1), ''],
    ['2026-01-01T00:00:00.1Z', Date.UTC(2026, 0, 1) + 100, ''],
    ['2026-01-01T00:00:00.0001200Z', Date.UTC(2026, 0, 1), '12'],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29), ''],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1), ''],
  ])('[PROTO-13, PROTO-16] %s', (text, ms, subMs) => {
    expect(parseInstant(text, strict)).toEqual({ ms, subMs });
  });

  test.each([
    '',
    'now',
    '2026',
    '2026-1-1',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-04-00T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2026-01-01 00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:61Z',
    '2026-01-01T00:00Z',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00:00,5Z',
    '2026-01-01T00:00:00+0100',
    '2026-01-01T00:00:00+16:00',
    '2026-01-01T00:00:00+01:60',
    '2026-01-01T00:00:00Zulu',
    '2026-01-01T00:00:00+01:00 ',
    '+02026-01-01T00:00:00Z',
    '２０２６-01-01T00:00:00Z',
  ])('[PROTO-13, PROTO-16] %j is no moment in any form', (text) => {
    expect(parseInstant(text, anything)).toBeNull();
  });

  test('[PROTO-16] a date and a missing offset count only where they may', () => {
    expect(parseInstant('2026-01-01', anything)).toEqual({ ms: Date.UTC(2026, 0, 1), subMs: '' });
    expect(parseInstant('2026-01-01T00:00:00', anything)).toEqual({ ms: Date.UTC(2026, 0, 1), subMs: '' });
    expect(parseInstant('2026-01-01', strict)).toBeNull();
    expect(parseInstant('2026-01-01T00:00:00', strict)).toBeNull();
  });
});

test.each([
  [{ ms: 1, subMs: '' }, { ms: 2, subMs: '' }, -1],
  [{ ms: 2, subMs: '' }, { ms: 1, subMs: '9' }, 1],
  [{ ms: 1, subMs: '12' }, { ms: 1, subMs: '12' }, 0],
  [{ ms: 1, subMs: '12' }, { ms: 1, subMs: '2' }, -1],
  [{ ms: 1, subMs: '121' }, { ms: 1, subMs: '12' }, 1],
  [{ ms: 1, subMs: '' }, { ms: 1, subMs: '001' }, -1],
])('[PROTO-16] %j against %j', (a, b, sign) => {
  expect(Math.sign(compareInstants(a, b))).toBe(sign);
});
