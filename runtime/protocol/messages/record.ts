import type { IngestRecord } from '../../apis/run.ts';
import type { ProtocolLimits } from '../limits.ts';
import type { CompiledScope, StreamCheck } from '../scope/compile-scope.ts';
import { parseInstant } from '../scope/instant.ts';
import { canonicalKey, isKeyParts } from '../scope/record-key.ts';
import { type ProtocolViolation, typeName } from '../violation.ts';
import type { Envelope } from '../wire/envelope.ts';
import { unstorableText, unstorableTexts } from '../wire/unstorable.ts';
import { isObject, type Members, scopedStream } from './members.ts';
import type { RecordMessage } from './message.ts';
import { type OpenRecord, recordViolation } from './open-record.ts';
import { checkRecordScope } from './record-scope.ts';

/**
 * Checks RECORDs (protocol A8): envelope, identity, scope, then whether PostgreSQL can hold it. Keeps the last `emitted_at` that was
 * found good, since connectors tend to send the same one many times over.
 */
export class RecordReader {
  readonly #scope: CompiledScope;
  readonly #limits: ProtocolLimits;
  #lastEmittedAt = '';

  constructor(scope: CompiledScope, limits: ProtocolLimits) {
    this.#scope = scope;
    this.#limits = limits;
  }

  /** Throws a RECORD violation. */
  read(envelope: Envelope): RecordMessage {
    const { message } = envelope;
    const check = scopedStream(message['stream'], this.#scope, 'RECORD', 'record_for_undeclared_stream');
    const keyParts = readKey(message['key'], check);
    const op = message['op'] ?? 'upsert';
    const { data, dataText } = readData(envelope, check, op === 'delete');
    const emittedAt = this.#readEmittedAt(message['emitted_at'], check);
    if (op !== 'upsert' && op !== 'delete')
      throw recordViolation('record_op_invalid', check, 'op: upsert or delete', typeName(message['op']));
    const open: OpenRecord = { check, keyParts, key: canonicalKey(keyParts), deleted: op === 'delete', data, dataText };
    checkRecordScope(open);
    this.#checkStorable(open, envelope);
    const record: IngestRecord = { stream: check.name, key: open.key, deleted: open.deleted, emittedAt, dataText };
    return { kind: 'record', record, bytes: envelope.bytes };
  }

  #readEmittedAt(value: unknown, check: StreamCheck): string {
    if (typeof value === 'string') {
      if (value === this.#lastEmittedAt) return value;
      if (parseInstant(value, { date: false, noOffset: false }) !== null) {
        this.#lastEmittedAt = value;
        return value;
      }
    }
    throw recordViolation('record_emitted_at_invalid', check, 'emitted_at: RFC 3339 date-time', typeName(value));
  }

  #checkStorable(open: OpenRecord, envelope: Envelope): void {
    const { maxKeyBytes } = this.#limits;
    // no character takes more than three bytes a code unit
    const keyBytes = open.key.length * 3 <= maxKeyBytes ? 0 : Buffer.byteLength(open.key);
    if (keyBytes > maxKeyBytes) throw recordViolation('record_unstorable', open.check, `key: at most ${maxKeyBytes} bytes`, keyBytes);
    if (open.data !== null && envelope.numberOutOfRange) throw unstorable(open.check, 'number out of range');
    if (!envelope.suspectText) return;
    const found = firstUnstorable(open.keyParts) ?? unstorableTexts(open.data);
    if (found !== null) throw unstorable(open.check, found);
  }
}

function readKey(key: unknown, check: StreamCheck): readonly string[] {
  const arity = check.primaryKey.length;
  if (arity === 1) {
    if (typeof key === 'string' && key !== '') return [key];
    throw recordViolation('record_key_invalid', check, 'key: non-empty string', typeName(key));
  }
  if (isKeyParts(key, arity)) return key;
  throw recordViolation('record_key_invalid', check, `key: array of ${arity} non-empty strings`, typeName(key));
}

function readData(envelope: Envelope, check: StreamCheck, deletes: boolean): { data: Members | null; dataText: string | null } {
  const data = envelope.message['data'];
  if (isObject(data)) return { data, dataText: envelope.dataText };
  if (deletes && (data === undefined || data === null)) return { data: null, dataText: null };
  throw recordViolation('record_data_invalid', check, 'data: object', typeName(data));
}

function firstUnstorable(parts: readonly string[]): string | null {
  return parts.map(unstorableText).find((found) => found !== null) ?? null;
}

function unstorable(check: StreamCheck, found: string): ProtocolViolation {
  return recordViolation('record_unstorable', check, 'what PostgreSQL can hold', found);
}
