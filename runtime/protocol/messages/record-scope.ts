import type { TimeWindow } from '../scope/compile-scope.ts';
import { compareInstants, type Instant, parseInstant } from '../scope/instant.ts';
import { canonicalKey } from '../scope/record-key.ts';
import { typeName } from '../violation.ts';
import { memberSource } from '../wire/envelope.ts';
import type { Members } from './members.ts';
import { type OpenRecord, recordViolation } from './open-record.ts';

/** The four checks after the envelope, in the order of protocol A8: identity, resources, fields, time range. */
export function checkRecordScope(record: OpenRecord): void {
  checkIdentity(record);
  checkResources(record);
  checkFields(record);
  checkTimeWindow(record);
}

/** Every primary-key field of the data says what the key says; a delete answers only for the fields that it has. */
function checkIdentity(record: OpenRecord): void {
  const { check, data, dataText, keyParts } = record;
  if (data === null || dataText === null) return;
  for (let index = 0; index < check.primaryKey.length; index++) {
    const field = check.primaryKey[index] ?? '';
    if (record.deleted && !Object.hasOwn(data, field)) continue;
    const value = Object.hasOwn(data, field) ? data[field] : undefined;
    if (keyText(value, dataText, field) === keyParts[index]) continue;
    throw recordViolation('record_key_mismatch', check, `data.${field} equal to its part of key`, typeName(value));
  }
}

/**
 * A key field as text: a number by its source, so that integers beyond 2^53 and `1.0` keep their form. Undefined for what no key can
 * equal: null, absent, objects, arrays.
 */
function keyText(value: unknown, dataText: string, field: string): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return memberSource(dataText, field);
  return typeof value === 'boolean' ? String(value) : undefined;
}

function checkResources({ check, data, dataText, key }: OpenRecord): void {
  if (check.resources === null || check.resources.has(key)) return;
  const { resourceField } = check;
  const value =
    resourceField === null || data === null || dataText === null ? undefined : resourceText(data[resourceField], dataText, resourceField);
  if (value !== undefined && check.resources.has(value)) return;
  throw recordViolation('record_outside_resources', check, `one of ${check.resources.size} resources`, 'another');
}

/** The value of the resource field; an array counts by its canonical key. */
function resourceText(value: unknown, dataText: string, field: string): string | undefined {
  return Array.isArray(value) ? canonicalKey(value.map(String)) : keyText(value, dataText, field);
}

function checkFields({ check, data }: OpenRecord): void {
  if (check.fields === null || data === null) return;
  const outside = Object.keys(data).filter((name) => !check.fields?.has(name));
  if (outside.length > 0) throw recordViolation('record_outside_fields', check, [...check.fields], outside.length);
}

/** `since <= t < until`; a delete without the field is let through, since it often knows no more than its key. */
function checkTimeWindow({ check, data, deleted }: OpenRecord): void {
  const window = check.timeWindow;
  if (window === null || (deleted && data?.[window.field] === undefined)) return;
  const value: unknown = data?.[window.field];
  const instant = readInstant(value);
  if (instant !== null && isWithin(instant, window)) return;
  const received = instant === null ? typeName(value) : 'a moment outside';
  throw recordViolation('record_outside_time_range', check, `data.${window.field} within the time range`, received);
}

/** A full-date is midnight UTC, a date-time without offset is UTC, a number is milliseconds since 1970. */
function readInstant(value: Members[string]): Instant | null {
  if (typeof value === 'number') return Number.isFinite(value) ? fromMs(value) : null;
  return typeof value === 'string' ? parseInstant(value, { date: true, noOffset: true }) : null;
}

/** A double has a few decimals left below the millisecond; they count. */
function fromMs(value: number): Instant {
  const ms = Math.floor(value);
  return { ms, subMs: (value - ms).toFixed(12).slice(2).replace(/0+$/, '') };
}

function isWithin(instant: Instant, window: TimeWindow): boolean {
  if (window.since !== null && compareInstants(instant, window.since) < 0) return false;
  return window.until === null || compareInstants(instant, window.until) < 0;
}
