import { createHash } from 'node:crypto';
import type { ConnectorSpec } from './connector.ts';

/**
 * Canonical JSON of a value: members sorted by name (UTF-16 code units), members that are null or undefined left out, numbers by value.
 * Two documents with the same meaning give the same text, whatever their form, key order or spelling of numbers (`1`, `1.0`, `-0`).
 * Expects JSON values whose integers are within 2^53; admission refuses others before.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== null && member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** sha256 of canonical JSON, 64 lower-case hexadecimal digits. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** Revision of a normalised spec: what was written counts, defaults do not. The same through every door and in every form. */
export function revisionOf(spec: ConnectorSpec): string {
  return digestOf(spec);
}
