import pg from 'pg';

const asNumber = (text: string): number => Number(text);
const asText = (text: string): string => text;

/** pg's parser of array literals; its published type describes an older form of it. */
const parseArray = (text: string, parse: (entry: string) => unknown): unknown[] =>
  (pg.types.arrayParser as unknown as { create(source: string, transform: (entry: string) => unknown): { parse(): unknown[] } })
    .create(text, parse)
    .parse();

/**
 * How values of these types (by oid) come back, where pg's own choice does not fit; everything else is as pg has it: timestamptz as Date,
 * jsonb parsed, numeric as text.
 */
const parsers = new Map<number, (text: string) => unknown>([
  // int8: all our counters stay below 2^53.
  [20, asNumber],
  [1016, (text) => parseArray(text, asNumber)],
  // json keeps the bytes that were sent, and so does reading it: parsing would round long numbers.
  [114, asText],
  [199, (text) => parseArray(text, asText)],
  // date has no time zone: a Date would move it.
  [1082, asText],
]);

/** Type parsers of our connections; not pg's global ones, so that nothing else in the process is changed. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' ? parsers.get(oid) : undefined) ??
    pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};
