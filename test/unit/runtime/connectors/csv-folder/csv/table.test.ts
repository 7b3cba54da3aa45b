import { describe, expect, test } from '@jest/globals';
import { CsvParser } from '../../../../../../runtime/connectors/csv-folder/csv/csv-parser.ts';
import { Table, type TableShape } from '../../../../../../runtime/connectors/csv-folder/csv/table.ts';

function read(text: string, shape: Partial<TableShape> = {}) {
  const table = new Table({ header: true, keyColumns: [], textColumns: new Set(), ...shape });
  return [...new CsvParser(',').push(text)].map((row) => table.read(row)).filter((row) => row !== undefined);
}

describe('a table', () => {
  test('names columns that have no name or the same one, and drops no value', () => {
    const [row] = read('a,,a\n1,2,3,4\n');
    expect(JSON.stringify(row?.values)).toBe('{"a":1,"column_2":2,"a_2":3,"column_4":4}');
  });

  test('fills short rows with null and keeps text columns as text', () => {
    const [row] = read('zip,name\n12345\n', { textColumns: new Set(['zip']) });
    expect(row).toEqual({ row: '2', line: 2, values: { zip: '12345', name: null } });
  });

  test('a column may be called __proto__', () => {
    expect(JSON.stringify(read('__proto__\n1\n')[0]?.values)).toBe('{"__proto__":1}');
  });

  test('without a header columns are numbered, also as key columns', () => {
    const rows = read('x,1\ny,2\n', { header: false, keyColumns: ['column_2', 'column_1'] });
    expect(rows.map((row) => row.row)).toEqual(['["1","x"]', '["2","y"]']);
  });

  test('a key column that is not there is told', () => {
    expect(() => read('a,b\n', { keyColumns: ['c'] })).toThrow('line 1: there is no key column c');
  });
});
