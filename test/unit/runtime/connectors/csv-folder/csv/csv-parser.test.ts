import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CsvError, CsvParser, type CsvRow, maxRowCharacters } from '../../../../../../runtime/connectors/csv-folder/csv/csv-parser.ts';

function parse(chunks: readonly string[], delimiter = ','): CsvRow[] {
  const parser = new CsvParser(delimiter);
  return [...chunks.flatMap((chunk) => [...parser.push(chunk)]), ...parser.end()];
}

const texts = (rows: readonly CsvRow[]) => rows.map((row) => row.fields.map((field) => field.text));
const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;

describe('CSV', () => {
  test.each([
    {
      reason: 'plain',
      input: 'a,b\n1,2\n',
      rows: [
        ['a', 'b'],
        ['1', '2'],
      ],
    },
    { reason: 'no line end at the end', input: 'a\nb', rows: [['a'], ['b']] },
    { reason: 'CRLF and CR', input: 'a\r\nb\rc\r\n', rows: [['a'], ['b'], ['c']] },
    { reason: 'quoted delimiter, line break, doubled quote', input: '"a,b","x\ny","say ""hi"""\n', rows: [['a,b', 'x\ny', 'say "hi"']] },
    { reason: 'blank lines are passed over', input: 'a\n\n\r\nb\n', rows: [['a'], ['b']] },
    { reason: 'empty values, the last one too', input: ',,\n', rows: [['', '', '']] },
    { reason: 'a quoted nothing is a row', input: '""\n', rows: [['']] },
    { reason: 'a quote inside a plain value', input: 'a"b,c\n', rows: [['a"b', 'c']] },
  ])('$reason', ({ input, rows }) => {
    expect(texts(parse([input]))).toEqual(rows);
    expect(texts(parse([...input]))).toEqual(rows);
  });

  test('a row has the number of the line that it begins in', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const input = `h${end}"a${end}b"${end}${end}c${end}`;
      expect(parse([input]).map((row) => row.line)).toEqual([1, 2, 5]);
      expect(parse([...input]).map((row) => row.line)).toEqual([1, 2, 5]);
    }
  });

  test('what is no CSV is told with its line', () => {
    expect(() => parse(['a\n"b'])).toThrow(new CsvError(2, 'a quote is opened and never closed'));
    expect(() => parse(['a\n\n"b" c\n'])).toThrow(new CsvError(3, 'text follows a closing quote'));
    expect(() => parse(['"', 'x'.repeat(maxRowCharacters), 'x'])).toThrow('characters');
    expect(() => parse(Array.from({ length: 9 }, () => ','.repeat(maxRowCharacters / 8)))).toThrow('characters');
  });

  test('any table written as CSV reads back, however it is cut', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\t', '\n', '\r', ' ', 'é', '😀', '0') });
    const table = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
    const delimiters = fc.constantFrom(',', ';', '\t', '|');
    fc.assert(
      fc.property(table, delimiters, fc.constantFrom('\n', '\r\n', '\r'), fc.integer({ min: 1, max: 7 }), (rows, delimiter, end, size) => {
        const text = rows.map((row) => row.map(quote).join(delimiter) + end).join('');
        const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        expect(texts(parse(chunks, delimiter))).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });
});
