import { fitsNumeric } from './unstorable.ts';

/** Where a member's value stands in the text: from `start` up to, not including, `end`. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const SLASH = 0x2f;
const LOWER = 0x20;
const LETTER_E = 0x65;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_U = 0x75;
/** A number of fewer characters and without exponent is within PostgreSQL's numeric. */
const PLAIN_NUMBER_CHARS = 16_000;
const EXPONENT = /[eE]/;

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
  readonly #found: (Slice | undefined)[] = [];
  /** Next backslash at or after where the scan is; the text's length when there is none. */
  #backslash: number;
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
    this.#backslash = indexOrEnd(text, '\\', 0);
    for (let at = 0; at < text.length && this.depth <= maxDepth; at++) at = this.#step(text.charCodeAt(at), at);
  }

  /** Slice of the wanted member with this index, without white space around it; undefined when it is absent. */
  slice(index: number): Slice | undefined {
    return this.#found[index];
  }

  /** Handles the token that begins at `at`; returns its last position. */
  #step(code: number, at: number): number {
    if (code === QUOTE) return this.#skipString(at + 1);
    if (code >= OPEN_BRACKET) this.#bracket(code, at);
    else if (code === COLON) this.#beginValue(at);
    else if (code === COMMA) this.#endValue(at);
    else if ((code >= ZERO && code <= NINE) || code === MINUS) return this.#skipNumber(at);
    return at;
  }

  #bracket(code: number, at: number): void {
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      this.#level++;
      if (this.#level > this.depth) this.depth = this.#level;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      this.#endValue(at);
      this.#level--;
    }
  }

  #skipString(start: number): number {
    const end = this.#stringEnd(start);
    if (this.#level === 1) {
      this.#nameStart = start;
      this.#nameEnd = end;
    }
    return end;
  }

  /** Position of the closing quote. Quotes and backslashes are searched for, each once: strings are most of a line. */
  #stringEnd(start: number): number {
    const text = this.#text;
    let quote = text.indexOf('"', start);
    for (let at = start; quote !== -1; ) {
      if (this.#backslash < at) this.#backslash = indexOrEnd(text, '\\', at);
      if (this.#backslash > quote) return quote;
      const escaped = this.#backslash + 1;
      if (text.charCodeAt(escaped) === LETTER_U && !this.suspectText) this.suspectText = isSuspectEscape(text, escaped + 1);
      at = escaped + 1;
      if (quote < at) quote = text.indexOf('"', at);
    }
    return text.length;
  }

  #skipNumber(start: number): number {
    const end = endOfNumber(this.#text, start);
    if (this.#member !== -1 && !this.numberOutOfRange) {
      const source = this.#text.slice(start, end);
      this.numberOutOfRange = (source.length > PLAIN_NUMBER_CHARS || EXPONENT.test(source)) && !fitsNumeric(source);
    }
    return end - 1;
  }

  #beginValue(at: number): void {
    if (this.#level !== 1) return;
    this.#member = this.#nameIndex();
    this.#valueStart = at + 1;
  }

  #endValue(at: number): void {
    if (this.#level !== 1 || this.#member === -1) return;
    this.#found[this.#member] = trimmed(this.#text, this.#valueStart, at);
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

/** First position after digits, signs, points and exponents: all that a JSON number is made of. */
function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); isNumberPart(code); code = text.charCodeAt(at)) at++;
  return at;
}

function isNumberPart(code: number): boolean {
  return (code >= MINUS && code <= NINE && code !== SLASH) || code === PLUS || (code | LOWER) === LETTER_E;
}

function indexOrEnd(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index === -1 ? text.length : index;
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
