import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RowKeys, unpackRowKeys } from '../../../../../runtime/connectors/csv-folder/row-keys.ts';

describe('remembered rows', () => {
  test('lines are kept as ranges', () => {
    const keys = new RowKeys(true);
    for (const line of [2, 3, 4, 7, 9, 10]) keys.add(String(line));
    expect(keys.pack()).toBe('lines:2-4,7,9-10');
    expect([...unpackRowKeys(keys.pack())]).toEqual(['2', '3', '4', '7', '9', '10']);
    expect(keys.add('10')).toBe(false);
  });

  test('whatever is added is found again, and nothing else', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), fc.boolean(), (numbers, isLines) => {
        const added = numbers.sort((a, b) => a - b).map(String);
        const keys = new RowKeys(isLines);
        for (const row of added) expect(keys.add(row)).toBe(true);
        expect([...unpackRowKeys(keys.pack())]).toEqual(added);
        for (let n = 0; n <= 61; n += 1) expect(keys.has(String(n))).toBe(added.includes(String(n)));
      }),
    );
  });

  test('keys beyond what memory is given to them end in a failure that says so', () => {
    const keys = new RowKeys(false);
    const long = 'k'.repeat(1024 * 1024);
    expect(() => {
      for (let n = 0; n < 40; n += 1) keys.add(long + n);
    }).toThrow('too large for one connector');
  });
});
