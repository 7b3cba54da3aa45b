import { isDeepStrictEqual } from 'node:util';
import type { ObjectChange } from '../../apis/intake.ts';
import type { FieldChange } from '../../apis/rows.ts';

/** One line for a condition: `create instance (config, enabled), update schedule (suspended)`. */
export function printChanges(changes: readonly ObjectChange[]): string {
  return changes
    .map(({ action, object, fields }) => `${action} ${object}${fields.length === 0 ? '' : ` (${fields.map((f) => f.path).join(', ')})`}`)
    .join(', ');
}

/** What an author can change about an object. */
export interface Authored {
  readonly spec: Record<string, unknown>;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** The change of the document itself, field by field; null when there is none. Generated from what is stored, so that it never shows a masked value. */
export function specChange(before: Authored | null, after: Authored): ObjectChange | null {
  const fields = valueDifferences('', before === null ? {} : authored(before), authored(after));
  if (fields.length === 0) return null;
  return { object: 'spec', action: before === null ? 'create' : 'update', fields };
}

function authored({ spec, labels, annotations }: Authored): Authored {
  return { spec, labels, annotations };
}

/** Leaves that differ between two JSON values; lists count as leaves. Paths join member names with dots. */
export function valueDifferences(path: string, before: unknown, after: unknown): FieldChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) {
    return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => valueDifferences(path === '' ? name : `${path}.${name}`, before[name], after[name]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
