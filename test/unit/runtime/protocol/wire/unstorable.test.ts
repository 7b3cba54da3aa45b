import { describe, expect, test } from '@jest/globals';
import { fitsNumeric, unstorableText, unstorableTexts } from '../../../../../runtime/protocol/wire/unstorable.ts';

describe('what PostgreSQL cannot hold', () => {
  test.each([
    ['0', true],
    ['-12345678901234567890123.5', true],
    ['9'.repeat(131_072), true],
    ['9'.repeat(131_073), false],
    [`0.${'1'.repeat(16_383)}`, true],
    [`0.${'1'.repeat(16_384)}`, false],
    ['1e131071', true],
    ['1e131072', false],
    ['0.001e131074', true],
    ['0.001e131075', false],
    ['1e-16383', true],
    ['1e-16384', false],
    ['1E+5', true],
    ['0e999999', true],
    ['0e-16384', false],
    ['0e1073741823', false],
  ])('[PROTO-9] a number of numeric: %#', (source, fits) => {
    expect(fitsNumeric(source)).toBe(fits);
  });

  test('[PROTO-9] NUL and lone surrogates, not pairs', () => {
    expect(unstorableText('a\0b')).toBe('NUL character');
    expect(unstorableText('a\ud800')).toBe('lone surrogate');
    expect(unstorableText('😀')).toBeNull();
  });

  test('[PROTO-9] anywhere in a value, member names included', () => {
    expect(unstorableTexts({ a: [{ b: 'x\0' }] })).toBe('NUL character');
    expect(unstorableTexts({ 'a\udc00': 1 })).toBe('lone surrogate');
    expect(unstorableTexts({ a: [1, null, true, 'ok'] })).toBeNull();
  });
});
