import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { CsvError, CsvParser, type CsvRow } from './csv-parser.ts';

const chunkBytes = 256 * 1024;

export interface CsvDialect {
  readonly delimiter: string;
  readonly encoding: string;
}

/** SHA-256 of a file in hexadecimal, read in pieces. Throws what `open` and `read` throw. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks(file, hash)) void chunk;
  return hash.digest('hex');
}

/** One reading of a CSV file. `facts` are those of the very bytes that `rows` came from, whatever happens to the file meanwhile. */
export class CsvFile {
  readonly #file: string;
  readonly #dialect: CsvDialect;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(file: string, dialect: CsvDialect) {
    this.#file = file;
    this.#dialect = dialect;
  }

  /** Yields the rows; one row and one piece are in memory. Throws `CsvError`, and what `open` and `read` throw. Call once. */
  async *rows(): AsyncGenerator<CsvRow> {
    const parser = new CsvParser(this.#dialect.delimiter);
    const decoder = new TextDecoder(this.#dialect.encoding, { fatal: true });
    let line = 1;
    for await (const chunk of chunks(this.#file, this.#hash)) {
      this.#bytes += chunk.length;
      for (const row of parser.push(this.#decode(decoder, line, chunk))) {
        line = row.line;
        yield row;
      }
    }
    yield* parser.push(this.#decode(decoder, line));
    yield* parser.end();
  }

  /** After `rows` has ended. */
  facts(): { readonly sha256: string; readonly size: number } {
    return { sha256: this.#hash.digest('hex'), size: this.#bytes };
  }

  #decode(decoder: InstanceType<typeof TextDecoder>, line: number, chunk?: Buffer): string {
    let text: string;
    try {
      text = chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw new CsvError(line, `at or after it are bytes that are not ${this.#dialect.encoding}`);
    }
    if (text.includes('\0')) throw new CsvError(line, 'at or after it is a NUL character, which cannot be stored');
    return text;
  }
}

async function* chunks(file: string, hash: Hash): AsyncGenerator<Buffer> {
  const handle: FileHandle = await open(file, 'r');
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes);
      if (bytesRead === 0) return;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      yield chunk;
    }
  } finally {
    await handle.close();
  }
}
