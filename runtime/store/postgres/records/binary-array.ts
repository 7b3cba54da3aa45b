import type { PackedRecord } from '../../../apis/run.ts';

/** Types of elements, by oid (pg_type). */
const JSON_OID = 114;
const TEXT_OID = 25;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
/** Length that says null. */
const NULL_LENGTH = -1;

/**
 * A `text[]` in PostgreSQL's binary form: the server copies each element instead of parsing an array literal. pg sends a Buffer as a binary
 * parameter.
 *
 * ```
 * int32 dimensions = 1 | int32 has nulls | int32 element oid | int32 length | int32 lower bound = 1 | (int32 bytes | bytes)*
 * ```
 */
export function textArray(elements: readonly string[]): Buffer {
  const bytes = elements.reduce((sum, element) => sum + Buffer.byteLength(element), 0);
  const array = openArray({ oid: TEXT_OID, length: elements.length, bytes, nulls: false });
  let at = HEADER_BYTES;
  for (const element of elements) {
    const written = array.write(element, at + LENGTH_BYTES);
    at = array.writeInt32BE(written, at) + written;
  }
  return array;
}

/** A `json[]` of the bodies, null for deletes. The server checks each once and keeps its bytes. */
export function jsonArray(records: readonly PackedRecord[]): Buffer {
  const bytes = records.reduce((sum, { start, end }) => sum + end - start, 0);
  const array = openArray({ oid: JSON_OID, length: records.length, bytes, nulls: records.some(({ deleted }) => deleted) });
  let at = HEADER_BYTES;
  for (const record of records) {
    at = array.writeInt32BE(record.deleted ? NULL_LENGTH : record.end - record.start, at);
    at += record.deleted ? 0 : record.bytes.copy(array, at, record.start, record.end);
  }
  return array.subarray(0, at);
}

function openArray(shape: { oid: number; length: number; bytes: number; nulls: boolean }): Buffer {
  const array = Buffer.allocUnsafe(HEADER_BYTES + shape.length * LENGTH_BYTES + shape.bytes);
  const header = [1, shape.nulls ? 1 : 0, shape.oid, shape.length, 1];
  header.reduce((offset, word) => array.writeInt32BE(word, offset), 0);
  return array;
}
