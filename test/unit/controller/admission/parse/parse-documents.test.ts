import { describe, expect, test } from '@jest/globals';
import { MAX_FILE_BYTES } from '../../../../../controller/admission/parse/limits.ts';
import { parseDocuments } from '../../../../../controller/admission/parse/parse-documents.ts';

const values = (text: string | Uint8Array) => parseDocuments(text).documents.map(({ value }) => value);
const reasons = (text: string | Uint8Array) => parseDocuments(text).findings.map(({ reason }) => reason);

describe('parseDocuments', () => {
  test.each([
    { why: 'JSON with tabs and escapes', text: '{\n\t"a": ["\\ud83d\\ude00", "\\/"]\n}', expected: [{ a: ['😀', '/'] }] },
    { why: 'several documents, empty ones left out', text: 'a: 1\n---\n# nothing\n---\nb: 2\n', expected: [{ a: 1 }, { b: 2 }] },
    { why: 'a byte order mark and CRLF', text: '\ufeffa: 1\r\nb: [x]\r\n', expected: [{ a: 1, b: ['x'] }] },
    { why: 'U+2028 is content, no line end', text: 'a: "x\u2028y"\nb: 1\n', expected: [{ a: 'x\u2028y', b: 1 }] },
    { why: 'a List is its items', text: 'apiVersion: v1\nkind: List\nitems: [{a: 1}, {b: 2}]\n', expected: [{ a: 1 }, { b: 2 }] },
    { why: 'aliases within the bound', text: 'a: &x [1]\nb: *x\n', expected: [{ a: [1], b: [1] }] },
    { why: 'block text', text: 'a: |\n  x\n  y\n', expected: [{ a: 'x\ny\n' }] },
    { why: 'a merge key is an ordinary key', text: 'a: {"<<": 1}\n', expected: [{ a: { '<<': 1 } }] },
  ])('[HARD-19.1-1] reads $why', ({ text, expected }) => {
    expect(parseDocuments(text).findings).toEqual([]);
    expect(values(text)).toEqual(expected);
  });

  test.each([
    { why: 'UTF-16', text: Buffer.from([0xff, 0xfe, 0x61, 0]), reason: 'EncodingInvalid' },
    { why: 'NUL', text: 'a: "x\0"', reason: 'EncodingInvalid' },
    { why: 'an escaped NUL', text: 'a: "x\\0"', reason: 'ValueUnstorable' },
    { why: 'a lone surrogate', text: 'a: "\\ud800"', reason: 'ValueUnstorable' },
    { why: 'an infinite number', text: 'a: .inf', reason: 'ValueUnstorable' },
    { why: 'a date of YAML 1.1', text: '%YAML 1.1\n---\na: 2001-01-01\n', reason: 'ValueUnstorable' },
    { why: 'binary', text: 'a: !!binary aGk=', reason: 'ValueUnstorable' },
    { why: 'the key __proto__', text: '__proto__: {x: 1}', reason: 'ValueUnstorable' },
    { why: 'an unknown tag', text: 'a: !mine x', reason: 'SyntaxInvalid' },
    { why: 'an alias inside its own anchor', text: 'a: &a [*a]', reason: 'SyntaxInvalid' },
    { why: 'an alias without anchor', text: 'a: *b', reason: 'SyntaxInvalid' },
    { why: 'a list as key', text: '{[1]: 2}', reason: 'SyntaxInvalid' },
    { why: 'a hundred thousand brackets', text: '['.repeat(100_000), reason: 'DocumentTooLarge' },
    { why: 'nesting that the reader survives', text: `a: ${'['.repeat(100)}${']'.repeat(100)}`, reason: 'DocumentTooLarge' },
    { why: 'too many bytes', text: `a: ${'x'.repeat(MAX_FILE_BYTES)}`, reason: 'DocumentTooLarge' },
    { why: 'a document of more than a mebibyte', text: `a: ${'x'.repeat(1024 * 1024)}`, reason: 'DocumentTooLarge' },
    { why: 'a repeated key in JSON', text: '{"a": 1, "a": 2}', reason: 'DuplicateKey' },
  ])('[HARD-19.1-1] refuses $why', ({ text, reason }) => {
    expect(reasons(text)).toEqual([reason]);
    expect(values(text)).toEqual([]);
  });

  test('twenty thousand keys in one mapping are read: the check of repeated keys does not compare each with each', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `"k${index}": 1`).join('\n');
    expect(Object.keys(values(text)[0] as object)).toHaveLength(20_000);
  });

  test('a broken document leaves the others of its file readable, and tells line and column', () => {
    const { documents, findings } = parseDocuments('a: 1\n---\nb: ]\n---\nc: 3\n', 'f.yaml');
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { c: 3 }]);
    expect(findings[0]).toMatchObject({ reason: 'SyntaxInvalid', file: 'f.yaml', line: 3, column: 4 });
  });

  test.each([
    { at: ['spec', 'b', 'c'], expected: { line: 3, column: 8 } },
    { at: ['spec', 'list', 1, 'x'], expected: { line: 6, column: 5 } },
    { at: ['spec', 'missing', 'deep'], expected: { line: 1, column: 1 } },
    { at: [], expected: { line: 1, column: 1 } },
  ])('the place of $at', ({ at, expected }) => {
    const [document] = parseDocuments('spec:\n  a: 1\n  b: { c: 2 }\n  list:\n  - y\n  - x: 1\n').documents;
    expect(document?.locate(at)).toEqual(expected);
  });
});
