import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SourceScan } from '../../../../../runtime/protocol/wire/source-scan.ts';

const found = (text: string, name: string): string | undefined => {
  const slice = new SourceScan(text, [name], 64).slice(0);
  return slice && text.slice(slice.start, slice.end);
};

describe('SourceScan', () => {
  test.each([
    ['an object', '{"data":{"a":1}}', '{"a":1}'],
    ['white space around and inside', '{ "data" :\t{ "a" : 1 } , "b":2}', '{ "a" : 1 }'],
    ['a name written with escapes', '{"d\\u0061ta":1}', '1'],
    ['of equal names the last', '{"data":1,"data":{"x":2}}', '{"x":2}'],
    ['not a name deeper down', '{"other":{"data":1}}', undefined],
    ['not a string that looks like a name', '{"other":"data","x":[{"data":2}]}', undefined],
    ['braces and escaped quotes in strings', '{"x":"}\\"{","data":"a\\\\"}', '"a\\\\"'],
    ['a number as it was written', '{"data":9007199254740993.10}', '9007199254740993.10'],
    ['the last member', '{"a":[1,{"b":2}],"data":null}', 'null'],
  ])('[PROTO-9] finds %s', (_name, text, expected) => {
    expect(found(text, 'data')).toBe(expected);
  });

  test('[PROTO-9] the slice of a member parses to what the whole text has there', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (others, data) => {
        const text = JSON.stringify({ ...others, data }, null, 1);
        expect(found(text, 'data')).toBeDefined();
        expect(JSON.parse(found(text, 'data') ?? '')).toEqual(JSON.parse(JSON.stringify(data)));
      }),
    );
  });

  test('[PROTO-8] counts nesting and stops one above the limit', () => {
    expect(new SourceScan('{"a":[[{}]],"b":"[[[["}', [], 64).depth).toBe(4);
    expect(new SourceScan('['.repeat(1_000_000), [], 64).depth).toBe(65);
  });

  test.each(['', '{', '{"a', '{"a\\', '"\\u', ':', '}}}]]]', '{"data":', '-', '{"data":1', '\\'])(
    'ends on text that is no JSON: %j',
    (text) => {
      expect(() => new SourceScan(text, ['data'], 64)).not.toThrow();
    },
  );

  test.each([
    ['{"a":"\\u0000"}', true],
    ['{"a":"\\ud800"}', true],
    ['{"a":"\\uDfff"}', true],
    ['{"\\u0000":1}', true],
    ['{"a":"\\u00e4\\n\\\\u0000"}', false],
    ['{"a":"\\ud7ff\\ue000"}', false],
    ['{"a":"\\n","b":"\\u0000"}', true],
  ])('[PROTO-9] %s deserves a slow look: %s', (text, suspect) => {
    expect(new SourceScan(text, [], 64).suspectText).toBe(suspect);
  });

  test.each([
    ['{"data":{"a":1e131072}}', true],
    ['{"data":[1e131071]}', false],
    ['{"other":1e999999,"data":true}', false],
    ['{"data":false,"other":1e999999}', false],
    ['{"data":"1e999999"}', false],
  ])('[PROTO-9] %s is out of range: %s', (text, outside) => {
    expect(new SourceScan(text, ['data'], 64).numberOutOfRange).toBe(outside);
  });
});
