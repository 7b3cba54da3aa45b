import { isDeepStrictEqual } from 'node:util';
import type { FindingDraft } from '../apis/finding.ts';

/** A JSON object. */
export type JsonObject = Record<string, unknown>;

/** True for a JSON object, not for a list or null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy without members that are null: null means not set, as in Kubernetes. Items of lists stay. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept: JsonObject = {};
  for (const key of Object.keys(value)) {
    const member = (value as JsonObject)[key];
    if (member !== null && member !== undefined) kept[key] = typeof member === 'object' ? withoutNulls(member) : member;
  }
  return kept;
}

/** The spec with owner and projectId moved into it from metadata, and what contradicts itself. Owner ids are written in lower case. */
export function normalisedSpec(metadata: JsonObject, spec: JsonObject): { spec: JsonObject; faults: FindingDraft[] } {
  const faults: FindingDraft[] = [];
  const moved: JsonObject = { ...spec };
  for (const field of ['owner', 'projectId']) {
    const outside = lowerCased(metadata[field]);
    const inside = lowerCased(spec[field]);
    if (outside !== undefined && inside !== undefined && !isDeepStrictEqual(outside, inside)) {
      const message = `metadata.${field} and spec.${field} differ`;
      faults.push({ at: ['metadata', field], reason: 'OwnerInvalid', message });
    }
    if (inside !== undefined || outside !== undefined) moved[field] = inside ?? outside;
  }
  return { spec: moved, faults };
}

function lowerCased(owner: unknown): unknown {
  return isObject(owner) && typeof owner['id'] === 'string' ? { ...owner, id: owner['id'].toLowerCase() } : owner;
}

/** Fields that only a server sets, present in a document that was handed in. */
export function serverFields(authored: JsonObject): FindingDraft[] {
  const found: FindingDraft[] = [];
  if (authored['status'] !== undefined)
    found.push({ at: ['status'], reason: 'ServerFieldIgnored', message: 'status is written by the controller' });
  const metadata = isObject(authored['metadata']) ? authored['metadata'] : {};
  if (metadata['uid'] !== undefined) {
    found.push({ at: ['metadata', 'uid'], reason: 'ServerFieldIgnored', message: 'metadata.uid is set by the server' });
  }
  return found;
}
