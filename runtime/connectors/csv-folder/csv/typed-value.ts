import { type RawNumber, rawNumber } from '../../sdk/exact-json.ts';
import type { CsvField } from './csv-parser.ts';

/** What a value of a CSV file becomes. Numbers keep their digits as they stand in the file. */
export type TypedValue = RawNumber | boolean | string | null;

const number = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;
/** Longer digit strings are identifiers or noise; PostgreSQL could not keep the longest ones as numbers. */
const maxNumberCharacters = 1_000;
const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
]);

/**
 * Types one value by how it looks:
 *
 * | in the file | becomes |
 * | --- | --- |
 * | nothing | null; `""` is an empty text |
 * | `12`, `-7`, `9007199254740993` | integer, every digit kept |
 * | `0.10`, `-3.14159265358979323846` | decimal, every digit kept |
 * | `true`, `True`, `TRUE` and the same of false | boolean |
 * | all else: `007`, `+1`, `1e5`, `.5`, `-0`, `1,000`, with spaces, over 1,000 digits | text, unchanged |
 */
export function typedValue({ text, quoted }: CsvField): TypedValue {
  if (text === '') return quoted ? '' : null;
  // JSON readers turn -0 into 0, so it is no number that can be kept.
  if (text.length <= maxNumberCharacters && number.test(text) && !/^-0(\.0+)?$/.test(text)) return rawNumber(text);
  return booleans.get(text) ?? text;
}
