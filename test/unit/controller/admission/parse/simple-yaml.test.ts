import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFull, readYaml } from '../../../../../controller/admission/parse/read-yaml.ts';
import { readSimpleYaml } from '../../../../../controller/admission/parse/simple-yaml.ts';

/** Pieces that texts are glued from: forms of the simple part and all that comes near it. */
const key = fc.constantFrom('a', 'b_1', 'kind', 'x-y', 'a.b/c', '"q"', "'s'", '1', 'a b', '<<', '__proto__', '? a', '-x');
const scalar = fc.constantFrom(
  '',
  '~',
  'null',
  'true',
  'False',
  'yes',
  '1',
  '-7',
  '+7',
  '007',
  '0',
  '-0',
  '1.10',
  '1e3',
  '.5',
  '0x1F',
  '0o17',
  '.inf',
  '12345678901234567',

  'text',
  'two words',
  '6f1c2a52-6a0e-4c7e',
  '9e10-b',
  'https://x.y/z',
  'a:b',
  'a: b',
  'a #c',
  'a#c',
  '#c',
  'x:',
  '- a',
  '-',
  '?',
  ':',
  '@x',
  '`x',

  '"dq"',
  '"d\\u00e9\\n\\"q"',
  '"a" b',
  "'sq'",
  "'it''s'",
  "'a' # c",
  '"open',
  '&a 1',
  '*a',
  '!t x',
  '|',
  '>',
  '%x',
  'a, b',
  'a]',
  '{}',
  '[]',

  '{a: 1}',
  '{a: 1, b: [x, 2]}',
  '{a: {b: c}}',
  '[1, -2, "x"]',
  '{"a": 1}',
  '{"a":1}',
  '{a:1}',
  '{a: }',
  '{a}',
  '[a, ]',
  '[,]',
  '{a: 1, a: 2}',

  '[a: b]',
  '{a: b: c}',
  '{a: x:y}',
  '{a: #x}',
  '{a: 1} # c',
  '{a: 1} x',
  '{a: 1',
  '[a\n, b]',
  '{a: "x, y"}',
  "{a: 'x}'}",
  '[a  b , c ]',
  '{a: - b}',
  '[-]',

  '${config.a}',
  'x\u2028y',
  'caf\u00e9',
  '\u{1f600}',
  'a\tb',
  '15m',
  '2026-01-01',
  '1_000',
  '1:30',
  '=',
  '<',
  '...',
);
const indent = fc.constantFrom('', ' ', '  ', '    ', '      ');
const line = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(indent, key, scalar).map(([space, name, value]) => `${space}${name}: ${value}`) },
  { weight: 3, arbitrary: fc.tuple(indent, key).map(([space, name]) => `${space}${name}:`) },
  { weight: 3, arbitrary: fc.tuple(indent, scalar).map(([space, value]) => `${space}- ${value}`) },
  { weight: 2, arbitrary: fc.tuple(indent, key, scalar).map(([space, name, value]) => `${space}- ${name}: ${value}`) },
  { weight: 1, arbitrary: fc.tuple(indent, scalar).map(([space, value]) => `${space}${value}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '   ', '# comment', '  # comment', '---', '--- # x', '...', '--- a: 1', '%YAML 1.1', 'a: |', '  text'),
  },
);
const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'));

function values(documents: ReturnType<typeof readFull>): unknown[] {
  return documents.map((document) => ('value' in document ? document.value : 'fault')).filter((value) => value !== null);
}

describe('the simple reader', () => {
  test('reads nothing otherwise than the full reader does', () => {
    let simple = 0;
    fc.assert(
      fc.property(text, (source) => {
        const quick = readSimpleYaml(source);
        if (quick === undefined) return;
        simple += 1;
        expect({ source, values: quick.map(({ value }) => value) }).toEqual({ source, values: values(readFull(source)) });
      }),
      { numRuns: 20_000, seed: 7 },
    );
    // A reader that always gives up would pass too.
    expect(simple).toBeGreaterThan(1_000);
  });

  test('takes the usual form of a document', () => {
    const usual =
      '# c\nkind: Connector\nmetadata: {name: a, labels: {x: "1"}}\nspec:\n  config:\n    url: https://x.y/z\n  streams:\n  - name: a\n    n: 1\n  - name: b\n';
    expect(readSimpleYaml(usual)?.[0]?.value).toEqual({
      kind: 'Connector',
      metadata: { name: 'a', labels: { x: '1' } },
      spec: { config: { url: 'https://x.y/z' }, streams: [{ name: 'a', n: 1 }, { name: 'b' }] },
    });
  });

  test('tells places of a later document by its line in the whole text', () => {
    const [, second] = readYaml('a: 1\n---\nb:\n  c: 2\n');
    expect(second !== undefined && 'locate' in second && second.locate(['b', 'c'])).toEqual({ line: 4, column: 3 });
  });
});
