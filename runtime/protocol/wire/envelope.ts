import type { ProtocolLimits } from '../limits.ts';
import { ProtocolViolation } from '../violation.ts';
import type { Line } from './framing.ts';
import { SourceScan } from './source-scan.ts';

const MEMBERS = ['data', 'cursor'] as const;

/** A line that is one JSON object, parsed for checks, with the exact source of what will be stored. */
export interface Envelope {
  readonly type: string;
  readonly message: Readonly<Record<string, unknown>>;
  /** Bytes of the line: what the message costs in memory, near enough. */
  readonly bytes: number;
  /** Source text of `data` and `cursor`, exactly as sent; null when the member is absent. */
  readonly dataText: string | null;
  readonly cursorText: string | null;
  /** Some text in the line may be unstorable (NUL, lone surrogate) and deserves a slow look. */
  readonly suspectText: boolean;
  /** `data` or `cursor` has a number that PostgreSQL cannot hold. */
  readonly numberOutOfRange: boolean;
}

/** Parses one line. Throws `ProtocolViolation` with a framing subtype. */
export function openEnvelope(line: Line, limits: ProtocolLimits): Envelope {
  if (line.kind === 'too_long') throw framing('line_too_long', limits.maxLineBytes, line.bytes);
  if (line.kind === 'invalid_utf8') throw framing('invalid_utf8', 'UTF-8', line.bytes);
  const scan = new SourceScan(line.text, MEMBERS, limits.maxDepth);
  if (scan.depth > limits.maxDepth) throw framing('json_too_deep', limits.maxDepth, scan.depth);
  const message = parseObject(line.text, line.bytes);
  return {
    type: typeof message['type'] === 'string' ? message['type'] : '',
    message,
    bytes: line.bytes,
    dataText: sliceText(line.text, scan, 0),
    cursorText: sliceText(line.text, scan, 1),
    suspectText: scan.suspectText,
    numberOutOfRange: scan.numberOutOfRange,
  };
}

/** Source text of one member of an object's source text, so that numbers can be told apart by how they were written. */
export function memberSource(objectText: string, name: string): string | undefined {
  const slice = new SourceScan(objectText, [name], Number.POSITIVE_INFINITY).slice(0);
  return slice && objectText.slice(slice.start, slice.end);
}

function parseObject(text: string, bytes: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw framing('invalid_json_line', 'one JSON object', bytes);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw framing('not_an_object', 'one JSON object', bytes);
  return value as Record<string, unknown>;
}

function sliceText(text: string, scan: SourceScan, index: number): string | null {
  const slice = scan.slice(index);
  return slice === undefined ? null : text.slice(slice.start, slice.end);
}

/** Facts are lengths in bytes or levels of nesting: the line itself is never told. */
function framing(
  subtype: 'line_too_long' | 'invalid_utf8' | 'json_too_deep' | 'invalid_json_line' | 'not_an_object',
  expected: string | number,
  received: number,
): ProtocolViolation {
  return new ProtocolViolation({ subtype, message_type: null, expected, received });
}
