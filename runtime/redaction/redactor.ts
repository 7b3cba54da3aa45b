import { secretForms } from './secret-forms.ts';
import { isWordByte, SecretMatcher, type Span } from './secret-matcher.ts';

/** What stands in a text where a secret was. */
export const mask = '[redacted]';

/** Masks the sensitive values of one run, in all their forms, in whatever leaves it (DESIGN section 9). */
export interface Redactor {
  /** The text with every secret masked. */
  text(text: string): string;
  /** A copy of a JSON value with every string and every member name masked. */
  json(value: unknown): unknown;
  /** Whether a text, or the bytes of one, holds a secret: for what must be refused rather than masked (checkpoints, keys). */
  contains(text: string | Uint8Array): boolean;
  /** A masker for one stream of bytes, such as stderr; finds secrets across the borders of its chunks. */
  stream(): RedactingStream;
  /** Forgets the secrets: afterwards nothing is masked, so call it when the last text has left. */
  wipe(): void;
}

/** Masks a stream chunk by chunk. Bytes that may be the beginning of a secret wait for the next chunk. */
export interface RedactingStream {
  /** Takes a chunk and gives what can be told by now, possibly nothing. */
  write(chunk: Uint8Array): Buffer;
  /** Gives the rest. The stream must not be written to afterwards. */
  end(): Buffer;
}

/** Makes the redactor of the given values. Empty ones are ignored; the buffers are read once and may be wiped afterwards. */
export function createRedactor(values: Iterable<Buffer | string>): Redactor {
  const forms = [...values].flatMap((value) => secretForms(Buffer.from(value as string)));
  const matcher = new SecretMatcher(forms);
  const whole = { final: true, afterWord: false };
  const text = (original: string): string => {
    const bytes = Buffer.from(original);
    const { spans } = matcher.scan(bytes, whole);
    return spans.length === 0 ? original : masked(bytes, spans, bytes.length).toString();
  };
  return {
    text,
    json: (value) => redactJson(value, text),
    contains: (input) => matcher.scan(Buffer.from(input as string), whole).spans.length > 0,
    stream: () => redactingStream(matcher),
    wipe: () => matcher.wipe(),
  };
}

function redactingStream(matcher: SecretMatcher): RedactingStream {
  let held: Buffer = Buffer.alloc(0);
  let afterWord = false;
  const advance = (chunk: Uint8Array, final: boolean): Buffer => {
    const bytes = Buffer.concat([held, chunk]);
    const { spans, settledBytes } = matcher.scan(bytes, { final, afterWord });
    if (settledBytes > 0) afterWord = isWordByte(bytes[settledBytes - 1]);
    held = bytes.subarray(settledBytes);
    return masked(bytes, spans, settledBytes);
  };
  return { write: (chunk) => advance(chunk, false), end: () => advance(Buffer.alloc(0), true) };
}

function masked(bytes: Buffer, spans: readonly Span[], end: number): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const [start, stop] of spans) {
    parts.push(bytes.subarray(from, start), Buffer.from(mask));
    from = stop;
  }
  return Buffer.concat([...parts, bytes.subarray(from, end)]);
}

function redactJson(value: unknown, text: (original: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((item) => redactJson(item, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [text(name), redactJson(item, text)]));
}
