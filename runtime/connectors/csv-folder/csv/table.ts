import { CsvError, type CsvRow } from './csv-parser.ts';
import { type TypedValue, typedValue } from './typed-value.ts';

/** One row as the `rows` stream declares it, without its path. */
export interface TableRow {
  readonly row: string;
  readonly line: number;
  readonly values: Readonly<Record<string, TypedValue>>;
}

export interface TableShape {
  readonly header: boolean;
  readonly keyColumns: readonly string[];
  readonly textColumns: ReadonlySet<string>;
}

/** Turns the rows of one CSV file into named, typed values. Columns without a name are `column_N`, of equal names the later get `_2`, `_3`. */
export class Table {
  readonly #shape: TableShape;
  #names: string[] | undefined;
  #keyIndexes: readonly number[] = [];

  constructor(shape: TableShape) {
    this.#shape = shape;
  }

  /** Takes rows in their order; undefined for the header. Throws `CsvError` when a key column is not there. */
  read(row: CsvRow): TableRow | undefined {
    if (this.#names === undefined) {
      this.#names = this.#shape.header ? uniqueNames(row.fields.map((field) => field.text)) : [];
      this.#keyIndexes = this.#shape.keyColumns.map((name) => this.#indexOf(name, row));
      if (this.#shape.header) return undefined;
    }
    const names = this.#names;
    // Without a header, or in a row that is longer than it, names are made up: no value is dropped.
    for (let at = names.length; at < row.fields.length; at += 1) names.push(freeName(`column_${at + 1}`, names));
    // A row that is shorter than the header has null for the rest.
    const values = names.map((name, at): [string, TypedValue] => [name, this.#value(row, name, at)]);
    return { row: this.#rowName(row), line: row.line, values: Object.fromEntries(values) };
  }

  #value(row: CsvRow, name: string, at: number): TypedValue {
    const field = row.fields[at];
    if (field === undefined) return null;
    return this.#shape.textColumns.has(name) && field.text !== '' ? field.text : typedValue(field);
  }

  #rowName(row: CsvRow): string {
    if (this.#keyIndexes.length === 0) return String(row.line);
    return JSON.stringify(this.#keyIndexes.map((at) => row.fields[at]?.text ?? ''));
  }

  #indexOf(name: string, row: CsvRow): number {
    const at = this.#shape.header ? (this.#names ?? []).indexOf(name) : Number(/^column_([1-9][0-9]*)$/.exec(name)?.[1] ?? 0) - 1;
    if (at < 0 || at >= row.fields.length) throw new CsvError(row.line, `there is no key column ${name}`);
    return at;
  }
}

function uniqueNames(header: readonly string[]): string[] {
  const names: string[] = [];
  for (const [at, name] of header.entries()) names.push(freeName(name === '' ? `column_${at + 1}` : name, names));
  return names;
}

function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted;
  for (let count = 2; taken.includes(name); count += 1) name = `${wanted}_${count}`;
  return name;
}
