import { stat } from 'node:fs/promises';
import path from 'node:path';
import { CsvFile } from './csv/csv-file.ts';
import { CsvError } from './csv/csv-parser.ts';
import { Table, type TableRow } from './csv/table.ts';
import { RowKeys } from './row-keys.ts';
import type { Settings } from './settings.ts';

/** Longest key of a record in bytes that the runtime stores. */
const maxKeyBytes = 1_024;

/** What one reading of a file found. */
export interface TableFacts {
  readonly sha256: string;
  readonly size: number;
  readonly rows: number;
  /** When the file was last written, RFC 3339. */
  readonly modified: string;
  readonly keys: RowKeys;
}

/**
 * Reads one file to its end and hands each row on. Throws `CsvError` for what is no CSV, a key that is there twice or too long to be
 * stored, and what the file system throws.
 */
export async function readTable(settings: Settings, relative: string, onRow: (row: TableRow) => Promise<void> | void): Promise<TableFacts> {
  const absolute = path.join(settings.folder, relative);
  const { mtime } = await stat(absolute);
  const file = new CsvFile(absolute, settings);
  const table = new Table(settings);
  const keys = new RowKeys(settings.keyColumns.length === 0);
  let rows = 0;
  for await (const csvRow of file.rows()) {
    const row = table.read(csvRow);
    if (row === undefined) continue;
    checkKey(relative, row);
    if (!keys.add(row.row)) throw new CsvError(row.line, `its key ${row.row} is there already, further up`);
    rows += 1;
    await onRow(row);
  }
  return { ...file.facts(), rows, modified: mtime.toISOString(), keys };
}

function checkKey(relative: string, row: TableRow): void {
  const bytes = Buffer.byteLength(JSON.stringify([relative, row.row]));
  if (bytes > maxKeyBytes) throw new CsvError(row.line, `path and key have ${bytes} bytes, at most ${maxKeyBytes} can be stored`);
}
