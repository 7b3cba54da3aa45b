import { isUtf8 } from 'node:buffer';

/** One line of a connector's stdout, without its end. */
export type Line =
  | { readonly kind: 'text'; readonly text: string; readonly bytes: number; readonly ended: boolean }
  | { readonly kind: 'invalid_utf8'; readonly bytes: number; readonly ended: boolean }
  /** `bytes` counts what was seen before the rest was discarded. */
  | { readonly kind: 'too_long'; readonly bytes: number; readonly ended: boolean };

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Splits bytes into lines at 0x0A and nowhere else: U+2028 and its like are content. Blank lines are dropped, one 0x0D before the end
 * too. Holds at most `maxLineBytes` of an unfinished line; a line beyond that is told once and its rest discarded unbuffered.
 * `ended` is false only for a last line without 0x0A.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #discarding = false;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes of the unfinished line that are held back: part of the run's memory. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The lines that end within `chunk`. The chunk's memory may be reused once all were taken, except for what is held (copied). */
  *push(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      const line = this.#finish(chunk.subarray(from, end), true);
      from = end + 1;
      if (line !== null) yield line;
    }
    const tooLong = this.#hold(chunk.subarray(from));
    if (tooLong !== null) yield tooLong;
  }

  /** The last line, if the output did not end in 0x0A. */
  end(): Line | null {
    return this.#finish(Buffer.alloc(0), false);
  }

  #finish(tail: Buffer, ended: boolean): Line | null {
    if (this.#discarding) {
      this.#discarding = false;
      return null;
    }
    const whole = this.#heldBytes === 0 ? tail : Buffer.concat([...this.#held, tail]);
    this.#held = [];
    this.#heldBytes = 0;
    return toLine(whole, this.#maxLineBytes, ended);
  }

  /** Keeps the start of a line that goes on in the next chunk. */
  #hold(rest: Buffer): Line | null {
    if (this.#discarding || rest.length === 0) return null;
    const bytes = this.#heldBytes + rest.length;
    // one more for a 0x0D that may yet turn out to belong to the line's end
    if (bytes > this.#maxLineBytes + 1) {
      this.#held = [];
      this.#heldBytes = 0;
      this.#discarding = true;
      return { kind: 'too_long', bytes, ended: true };
    }
    this.#held.push(Buffer.from(rest));
    this.#heldBytes = bytes;
    return null;
  }
}

function toLine(raw: Buffer, maxLineBytes: number, ended: boolean): Line | null {
  const bytes = raw.length > 0 && raw[raw.length - 1] === CARRIAGE_RETURN ? raw.length - 1 : raw.length;
  if (bytes > maxLineBytes) return { kind: 'too_long', bytes, ended };
  const line = bytes === raw.length ? raw : raw.subarray(0, bytes);
  if (!isUtf8(line)) return { kind: 'invalid_utf8', bytes, ended };
  const text = line.toString('utf8');
  return isBlank(text) ? null : { kind: 'text', text, bytes, ended };
}

/** Only what JSON calls white space: a line of U+00A0 is content, and no JSON. */
function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09 && code !== CARRIAGE_RETURN) return false;
  }
  return true;
}
