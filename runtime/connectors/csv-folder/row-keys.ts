import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ConnectorFailure } from '../sdk/failure.ts';

/** Most characters of keys that one file may hold while it is read. */
const maxKeyCharacters = 32 * 1024 * 1024;

/**
 * The rows of one file, remembered so that those that vanish can be deleted. Line numbers are kept as ranges (`lines:2-1001`: a file
 * of any length without quoted line breaks needs no more), key columns as their list, compressed (`keys:` and base64).
 */
export class RowKeys {
  readonly #isLines: boolean;
  readonly #ranges: { from: number; to: number }[] = [];
  readonly #keys = new Set<string>();
  #characters = 0;

  constructor(isLines: boolean) {
    this.#isLines = isLines;
  }

  /** Adds a row; lines must come in ascending order. False when it is there already. */
  add(row: string): boolean {
    if (this.#isLines) return this.#addLine(Number(row));
    if (this.#keys.has(row)) return false;
    this.#keys.add(row);
    this.#characters += row.length;
    if (this.#characters > maxKeyCharacters) throw tooLarge(`over ${maxKeyCharacters} characters of row keys in one file`);
    return true;
  }

  /** Is this row among them? Binary search over ranges, or a look into the set. */
  has(row: string): boolean {
    if (!this.#isLines) return this.#keys.has(row);
    const line = Number(row);
    // A key of columns, from before the settings changed, is no line.
    if (!Number.isInteger(line)) return false;
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle];
      if (range === undefined || range.to < line) low = middle + 1;
      else if (range.from > line) high = middle - 1;
      else return true;
    }
    return false;
  }

  /** As the cursor holds it. */
  pack(): string {
    if (!this.#isLines) return `keys:${deflateRawSync(JSON.stringify([...this.#keys])).toString('base64')}`;
    return `lines:${this.#ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',')}`;
  }

  #addLine(line: number): boolean {
    const last = this.#ranges.at(-1);
    if (last !== undefined && last.to >= line) return false;
    if (last !== undefined && last.to === line - 1) last.to = line;
    else this.#ranges.push({ from: line, to: line });
    return true;
  }
}

/** Yields the rows that `pack` wrote down. */
export function* unpackRowKeys(packed: string): Generator<string> {
  if (packed.startsWith('keys:')) {
    yield* JSON.parse(inflateRawSync(Buffer.from(packed.slice(5), 'base64')).toString()) as string[];
    return;
  }
  for (const range of packed.slice('lines:'.length).split(',')) {
    const [from = '', to = from] = range.split('-');
    if (from === '') continue;
    for (let line = Number(from); line <= Number(to); line += 1) yield String(line);
  }
}

/** The one failure of a folder that is too large to be remembered. */
export function tooLarge(what: string): ConnectorFailure {
  const message = `This folder is too large for one connector: ${what}, and what vanishes could not be told. Split it with pattern, or leave keyColumns out`;
  return new ConnectorFailure({ code: 'bookkeeping_too_large', message, recoveryHint: 'manual_action_required' });
}
