import { fitsNumeric } from './unstorable.ts';

/** Where a member's value stands in the text: from `start` up to, not including, `end`. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const LETTER_U = 0x75;
/** A number of fewer characters and without exponent is within PostgreSQL's numeric. */
const PLAIN_NUMBER_CHARS = 16_000;

/**
 * One pass over the text of a JSON object that finds what JSON.parse cannot tell: where the value of a member stands, how deep it
 * nests, and whether anything in it may be hard to store. Does not validate: for text that is no JSON the findings mean nothing,
 * but it always ends, never throws, and never recurses. Bytes outside ASCII are content of strings and pass untouched.
 */
export class SourceScan {
  /** Deepest nesting seen; stops counting (and scanning) one above the limit. */
  depth = 0;
  /** An escape of NUL or of half a surrogate pair was seen; most surrogate escapes are whole pairs. */
  suspectText = false;
  /** A wanted member has a number that PostgreSQL cannot hold. */
  numberOutOfRange = false;
  readonly #text: string;
  readonly #wanted: readonly string[];
  readonly #found: (Slice | undefined)[];
  #at = 0;
  #level = 0;
  /** Last string at level 1: a member's name when a colon follows. */
  #nameStart = 0;
  #nameEnd = 0;
  #member = -1;
  #valueStart = 0;

  /** Scans the whole text at once. Members of level 1 named in `wanted` are located; of equal names the last counts, as in JSON.parse. */
  constructor(text: string, wanted: readonly string[], maxDepth: number) {
    this.#text = text;
    this.#wanted = wanted;
    this.#found = [];
    for (; this.#at < text.length && this.depth <= maxDepth; this.#at++) this.#step(text.charCodeAt(this.#at));
  }

  /** Slice of the wanted member with this index, without white space around it; undefined when it is absent. */
  slice(index: number): Slice | undefined {
    return this.#found[index];
  }

  #step(code: number): void {
    if (code === QUOTE) this.#skipString();
    else if (code >= OPEN_BRACKET) this.#bracket(code);
    else if (code === COLON) this.#beginValue();
    else if (code === COMMA) this.#endValue();
    else if ((code >= 0x30 && code <= 0x39) || code === 0x2d) this.#skipNumber();
  }

  #bracket(code: number): void {
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      this.#level++;
      if (this.#level > this.depth) this.depth = this.#level;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      this.#endValue();
      this.#level--;
    }
  }

  /** Moves onto the closing quote. */
  #skipString(): void {
    const text = this.#text;
    const start = this.#at + 1;
    let at = start;
    for (let code = text.charCodeAt(at); code !== QUOTE && at < text.length; code = text.charCodeAt(++at)) {
      if (code !== BACKSLASH) continue;
      at++;
      if (text.charCodeAt(at) === LETTER_U && !this.suspectText) this.suspectText = isSuspectEscape(text, at + 1);
    }
    this.#at = at;
    if (this.#level !== 1) return;
    this.#nameStart = start;
    this.#nameEnd = at;
  }

  /** Moves onto the last character of the number. */
  #skipNumber(): void {
    const text = this.#text;
    const start = this.#at;
    let at = start + 1;
    let exponent = false;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 0x30 && code <= 0x39) continue;
      if (code === 0x65 || code === 0x45) exponent = true;
      else if (code !== 0x2e && code !== 0x2b && code !== 0x2d) break;
    }
    this.#at = at - 1;
    if (this.#member === -1 || (!exponent && at - start < PLAIN_NUMBER_CHARS)) return;
    if (!fitsNumeric(text.slice(start, at))) this.numberOutOfRange = true;
  }

  #beginValue(): void {
    if (this.#level !== 1) return;
    this.#member = this.#nameIndex();
    this.#valueStart = this.#at + 1;
  }

  #endValue(): void {
    if (this.#level !== 1 || this.#member === -1) return;
    this.#found[this.#member] = trimmed(this.#text, this.#valueStart, this.#at);
    this.#member = -1;
  }

  #nameIndex(): number {
    const raw = this.#text.slice(this.#nameStart, this.#nameEnd);
    return this.#wanted.indexOf(raw.includes('\\') ? decodedName(raw) : raw);
  }
}

/** `at` is the first hex digit. NUL, or a surrogate: whether its other half follows is for a slower look to find out. */
function isSuspectEscape(text: string, at: number): boolean {
  const first = text.charCodeAt(at) | 0x20;
  if (first === 0x64) return (text.charCodeAt(at + 1) | 0x20) >= 0x61 || text.charCodeAt(at + 1) >= 0x38;
  return text.startsWith('0000', at);
}

function decodedName(raw: string): string {
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    return raw; // no JSON: the parse of the whole line says so
  }
}

function trimmed(text: string, start: number, end: number): Slice {
  let from = start;
  let to = end;
  while (from < to && text.charCodeAt(from) <= 0x20) from++;
  while (to > from && text.charCodeAt(to - 1) <= 0x20) to--;
  return { start: from, end: to };
}
