import { type ManifestStream, propertiesOf, requiredFieldsOf } from '../manifest/manifest-stream.ts';
import { Refusal } from '../refusal.ts';
import { compareInstants, type Instant, parseInstant } from './instant.ts';
import { parseCanonicalKey } from './record-key.ts';
import type { ScopeTimeRange } from './scope.ts';

interface Bound {
  readonly text: string;
  readonly instant: Instant;
}

/** A refusal of one clause of a scope. */
export function refuseScope(rule: string, path: string, message: string): Refusal {
  return new Refusal({ reason: 'scope_invalid', rule, path, message });
}

/**
 * Step 3: a non-empty list of unique canonical keys, where the stream allows narrowing by resources. With a resource field any
 * non-empty string may stand in for a key. An empty list never means everything.
 */
export function checkResources(value: unknown, stream: ManifestStream, path: string): readonly string[] {
  if (stream.selection?.resources !== true) {
    throw refuseScope('resources_not_selectable', path, `${stream.name} cannot be narrowed by resources`);
  }
  if (!Array.isArray(value) || value.length === 0) throw refuseScope('resources_empty', path, 'needs one or more keys');
  const keys = (value as unknown[]).map((key, index) => readResource(key, stream, `${path}[${index}]`));
  const repeated = firstRepeat(keys);
  if (repeated !== -1) throw refuseScope('resource_duplicate', `${path}[${repeated}]`, 'is given twice');
  return keys;
}

/** Step 4: `since` or `until` or both, RFC 3339 date-time or full-date, `since` before `until`, on a stream with a consent-time field. */
export function checkTimeRange(value: unknown, stream: ManifestStream, path: string): ScopeTimeRange {
  if (stream.consentTimeField === undefined) throw refuseScope('time_range_not_selectable', path, `${stream.name} has no consentTimeField`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuseScope('time_range_shape', path, 'is no object');
  const { since, until, ...others } = value as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) throw refuseScope('member_unknown', `${path}.${other}`, 'is not a member of a time range');
  return orderedRange(readBound(since, `${path}.since`), readBound(until, `${path}.until`), path);
}

/**
 * Step 5: what is sent is the requested fields in their order, then the fields that every record has, then the primary key, then the
 * consent-time field if a time range needs it; each once.
 */
export function completeFields(value: unknown, stream: ManifestStream, withTimeRange: boolean, path: string): readonly string[] {
  if (stream.selection?.fields !== true) throw refuseScope('fields_not_selectable', path, `${stream.name} cannot be narrowed by fields`);
  if (!Array.isArray(value) || value.length === 0) throw refuseScope('fields_empty', path, 'needs one or more fields');
  const properties = propertiesOf(stream);
  const requested = (value as unknown[]).map((field, index) => {
    if (typeof field !== 'string' || !properties.has(field))
      throw refuseScope('field_unknown', `${path}[${index}]`, 'is no property of the schema');
    return field;
  });
  const timeField = withTimeRange && stream.consentTimeField !== undefined ? [stream.consentTimeField] : [];
  return [...new Set([...requested, ...requiredFieldsOf(stream), ...stream.primaryKey, ...timeField])];
}

function readResource(key: unknown, stream: ManifestStream, path: string): string {
  const arity = stream.primaryKey.length;
  if (typeof key !== 'string' || key === '') throw refuseScope('resource_key', path, 'is no non-empty string');
  if (stream.selection?.resourceField !== undefined || parseCanonicalKey(key, arity) !== null) return key;
  throw refuseScope('resource_key', path, `is no canonical key of ${arity} parts`);
}

function orderedRange(since: Bound | undefined, until: Bound | undefined, path: string): ScopeTimeRange {
  if (since === undefined && until === undefined) throw refuseScope('time_range_empty', path, 'needs since, until or both');
  if (since && until && compareInstants(since.instant, until.instant) >= 0) {
    throw refuseScope('time_range_order', path, 'since is not before until');
  }
  return { ...(since && { since: since.text }), ...(until && { until: until.text }) };
}

function readBound(value: unknown, path: string): Bound | undefined {
  if (value === undefined) return undefined;
  const instant = typeof value === 'string' ? parseInstant(value, { date: true, noOffset: false }) : null;
  if (typeof value === 'string' && instant !== null) return { text: value, instant };
  throw refuseScope('time_bound', path, 'is no RFC 3339 date or date-time');
}

/** Index of the first key that was there before; -1 without one. Ten thousand keys are allowed, so no search per key. */
function firstRepeat(keys: readonly string[]): number {
  const seen = new Set<string>();
  return keys.findIndex((key) => seen.size === seen.add(key).size);
}
