import type { ViolationSubtype } from '../../schemas/violation-subtypes.ts';

/**
 * How the connector broke the protocol, as rows and events hold it. Never has raw lines, record data or cursors: names, types and
 * lengths only. Names (`message_type`, `stream`) are the connector's own words: redact them by value before storing.
 */
export interface Violation {
  readonly subtype: ViolationSubtype;
  /** Type of the offending message; null when there is none, as for a line that does not parse. */
  readonly message_type: string | null;
  readonly stream?: string;
  readonly expected?: string | number | readonly string[];
  readonly received?: string | number | readonly string[];
}

const MAX_TEXT_CHARS = 200;
const MAX_LIST_ITEMS = 20;

/** Thrown by decoders and checks, caught by the session: never leaves the protocol folder. */
export class ProtocolViolation extends Error {
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(violation.subtype);
    this.name = 'ProtocolViolation';
    this.violation = boundViolation(violation);
  }
}

/** Cuts strings at 200 characters and lists at 20 items. */
export function boundViolation(violation: Violation): Violation {
  const { subtype, message_type, stream, expected, received } = violation;
  return {
    subtype,
    message_type: message_type === null ? null : cut(message_type),
    ...(stream === undefined ? {} : { stream: cut(stream) }),
    ...(expected === undefined ? {} : { expected: boundFact(expected) }),
    ...(received === undefined ? {} : { received: boundFact(received) }),
  };
}

/** Names a JSON value's type without its content: what a violation may tell of a value that it refused. */
export function typeName(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `array of ${value.length}`;
  return value === '' ? 'empty string' : typeof value;
}

function boundFact(fact: string | number | readonly string[]): string | number | readonly string[] {
  if (typeof fact === 'number') return fact;
  return typeof fact === 'string' ? cut(fact) : fact.slice(0, MAX_LIST_ITEMS).map(cut);
}

function cut(text: string): string {
  return text.length <= MAX_TEXT_CHARS ? text : text.slice(0, MAX_TEXT_CHARS).toWellFormed();
}
