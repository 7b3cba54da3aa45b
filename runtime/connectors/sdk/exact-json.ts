/** A number as its source text, which `JSON.stringify` writes as it stands. Made by `rawNumber` only. */
export interface RawNumber {
  readonly rawJSON: string;
}

// Part of the engine since V8 11.4; TypeScript's library does not declare it yet.
interface SourceJson {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
  parse(text: string, reviver: (key: string, value: unknown, context: { source: string }) => unknown): unknown;
}
const json = JSON as unknown as SourceJson;

/** A JSON number that keeps its digits. Throws SyntaxError when `text` is no JSON number. */
export function rawNumber(text: string): RawNumber {
  return json.rawJSON(text);
}

/** True for what `rawNumber` and `parseExact` make of numbers. */
export function isRawNumber(value: unknown): value is RawNumber {
  return json.isRawJSON(value);
}

/** As `JSON.parse`, but every number becomes a `RawNumber`, so that integers beyond 2^53 and long decimals go out as they came in. */
export function parseExact(text: string): unknown {
  return json.parse(text, (_key, value, context) => (typeof value === 'number' ? json.rawJSON(context.source) : value));
}
