import { describe, expect, test } from '@jest/globals';
import { typedValue } from '../../../../../../runtime/connectors/csv-folder/csv/typed-value.ts';

describe('typing of values', () => {
  test.each([
    ['12', '12'],
    ['-7', '-7'],
    ['0', '0'],
    ['9007199254740993', '9007199254740993'],
    ['3.14159265358979323846264338', '3.14159265358979323846264338'],
    ['0.10', '0.10'],
    ['9'.repeat(1_000), '9'.repeat(1_000)],
    ['true', 'true'],
    ['FALSE', 'false'],
    ['', 'null'],
    ['007', '"007"'],
    ['-0', '"-0"'],
    ['-0.0', '"-0.0"'],
    ['+1', '"+1"'],
    ['1e5', '"1e5"'],
    ['.5', '".5"'],
    ['1.', '"1."'],
    [' 1', '" 1"'],
    ['1,000', '"1,000"'],
    ['9'.repeat(1_001), `"${'9'.repeat(1_001)}"`],
    ['tRUE', '"tRUE"'],
  ])('%s becomes %s', (text, json) => {
    expect(JSON.stringify(typedValue({ text, quoted: false }))).toBe(json);
  });

  test('a quoted nothing is an empty text, and quotes do not change anything else', () => {
    expect(typedValue({ text: '', quoted: true })).toBe('');
    expect(JSON.stringify(typedValue({ text: '12', quoted: true }))).toBe('12');
  });
});
