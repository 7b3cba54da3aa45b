/** One value of a row; `quoted` tells `""` (an empty text) from nothing at all. */
export interface CsvField {
  readonly text: string;
  readonly quoted: boolean;
}

export interface CsvRow {
  /** Line of the file that the row begins in, counted from 1; a row with quoted line breaks spans several. */
  readonly line: number;
  readonly fields: readonly CsvField[];
}

/** Why a text is no CSV, and on which line. */
export class CsvError extends Error {
  readonly line: number;

  constructor(line: number, reason: string) {
    super(`line ${line}: ${reason}`);
    this.name = 'CsvError';
    this.line = line;
  }
}

/** Longest row in characters: as JSON it must fit into one line of the protocol. */
export const maxRowCharacters = 2 * 1024 * 1024;

const stops: Record<string, RegExp> = { ',': /[,"\r\n]/g, ';': /[;"\r\n]/g, '\t': /[\t"\r\n]/g, '|': /[|"\r\n]/g };

/**
 * Reads CSV (RFC 4180) piece by piece: quoted values with delimiters, line breaks and doubled quotes; lines ended by LF, CRLF or CR.
 * Blank lines are passed over. Holds one row at most. A quote inside an unquoted value stands for itself; text after a closing
 * quote, and a quote that is never closed, are a `CsvError`.
 *
 * ```
 *            delimiter, line end            "
 *   start ------------------------+   +----------> quoted --- " ---> closed --- " ---> quoted (a doubled quote)
 *     ^                           |   |                                 |
 *     +------- next field <-------+---+---------- delimiter, line end --+
 * ```
 */
export class CsvParser {
  readonly #delimiter: string;
  readonly #stop: RegExp;
  #state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  #text = '';
  #fields: CsvField[] = [];
  #line = 1;
  #rowLine = 1;
  #rowCharacters = 0;
  #afterCarriageReturn = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    this.#stop = stops[delimiter] ?? /[,"\r\n]/g;
  }

  /** Takes the next piece of the file and yields the rows that it completes. */
  *push(chunk: string): Generator<CsvRow> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'quoted') {
        at = this.#readQuoted(chunk, at);
        continue;
      }
      at = this.#readPlain(chunk, at);
      const row = at < chunk.length ? this.#takeStop(chunk.charAt(at)) : undefined;
      at += 1;
      if (row !== undefined) yield row;
    }
  }

  /** Ends the file: yields the last row when it has no line end of its own. */
  *end(): Generator<CsvRow> {
    if (this.#state === 'quoted') throw new CsvError(this.#rowLine, 'a quote is opened and never closed');
    if (this.#state === 'start' && this.#fields.length === 0) return;
    const row = this.#endRow();
    if (row !== undefined) yield row;
  }

  #readQuoted(chunk: string, from: number): number {
    const quote = chunk.indexOf('"', from);
    const end = quote < 0 ? chunk.length : quote;
    this.#append(chunk.slice(from, end));
    this.#countLines(chunk, from, end);
    if (quote < 0) return end;
    this.#state = 'closed';
    return end + 1;
  }

  #readPlain(chunk: string, from: number): number {
    this.#stop.lastIndex = from;
    const end = this.#stop.exec(chunk)?.index ?? chunk.length;
    if (end === from) return end;
    if (this.#state === 'closed') throw new CsvError(this.#line, 'text follows a closing quote');
    this.#afterCarriageReturn = false;
    this.#state = 'plain';
    this.#append(chunk.slice(from, end));
    return end;
  }

  #takeStop(character: string): CsvRow | undefined {
    const afterCarriageReturn = this.#afterCarriageReturn;
    this.#afterCarriageReturn = character === '\r';
    if (character === '"') {
      this.#takeQuote();
      return undefined;
    }
    if (character === this.#delimiter) {
      this.#endField();
      return undefined;
    }
    if (character === '\n' && afterCarriageReturn) {
      // The second half of CRLF: the line was counted and the row ended at its first half.
      this.#rowLine = this.#line;
      return undefined;
    }
    this.#line += 1;
    return this.#endRow();
  }

  #takeQuote(): void {
    if (this.#state === 'plain' || this.#state === 'closed') this.#append('"');
    this.#state = this.#state === 'plain' ? 'plain' : 'quoted';
  }

  #append(text: string): void {
    this.#text += text;
    this.#grow(text.length);
  }

  #grow(characters: number): void {
    this.#rowCharacters += characters;
    if (this.#rowCharacters > maxRowCharacters) throw new CsvError(this.#rowLine, `the row has over ${maxRowCharacters} characters`);
  }

  // A CRLF that is split between two chunks counts once, like any other.
  #countLines(chunk: string, from: number, end: number): void {
    for (let at = from; at < end; at += 1) {
      const character = chunk.charCodeAt(at);
      if (character === 13 || (character === 10 && !this.#afterCarriageReturn)) this.#line += 1;
      this.#afterCarriageReturn = character === 13;
    }
    if (end < chunk.length) this.#afterCarriageReturn = false;
  }

  #endField(): void {
    this.#fields.push({ text: this.#text, quoted: this.#state === 'closed' });
    this.#text = '';
    this.#state = 'start';
    this.#grow(1);
  }

  #endRow(): CsvRow | undefined {
    const isBlank = this.#state === 'start' && this.#fields.length === 0;
    if (!isBlank) this.#endField();
    const row = { line: this.#rowLine, fields: this.#fields };
    this.#fields = [];
    this.#rowLine = this.#line;
    this.#rowCharacters = 0;
    return isBlank ? undefined : row;
  }
}
