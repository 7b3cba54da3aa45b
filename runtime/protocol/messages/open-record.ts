import type { ViolationSubtype } from '../../../schemas/violation-subtypes.ts';
import type { StreamCheck } from '../scope/compile-scope.ts';
import { ProtocolViolation } from '../violation.ts';
import type { Members } from './members.ts';

/** A RECORD whose envelope is in order, on its way through the checks of its stream. */
export interface OpenRecord {
  readonly check: StreamCheck;
  readonly keyParts: readonly string[];
  readonly key: string;
  readonly deleted: boolean;
  /** Null only for a delete without data. */
  readonly data: Members | null;
  readonly dataText: string | null;
}

/** The violation of one record. Facts are rules, types and lengths: never the record's content. */
export function recordViolation(
  subtype: Extract<ViolationSubtype, `record_${string}`>,
  check: StreamCheck,
  expected: string | readonly string[],
  received: string | number,
): ProtocolViolation {
  return new ProtocolViolation({ subtype, message_type: 'RECORD', stream: check.name, expected, received });
}
