import type { FieldPath, FindingDraft } from '../../apis/finding.ts';
import { MAX_DEPTH } from './limits.ts';

/**
 * The first value that could not be kept exactly in JSON, in PostgreSQL and in the revision: an integer beyond 2^53, an infinite number,
 * NUL, a lone surrogate, what YAML tags make (dates, sets), the key `__proto__`, nesting beyond the bound. Undefined when all can be kept.
 */
export function unstorableValue(value: unknown, at: FieldPath = []): FindingDraft | undefined {
  const why = scalarFault(value);
  if (why !== undefined) return { at, reason: 'ValueUnstorable', message: why };
  if (typeof value !== 'object' || value === null) return undefined;
  if (at.length >= MAX_DEPTH)
    return { at: at.slice(0, 4), reason: 'DocumentTooLarge', message: `the document is nested more than ${MAX_DEPTH} deep` };
  return Array.isArray(value) ? unstorableItem(value, at) : unstorableMember(value, at);
}

function unstorableItem(items: unknown[], at: FieldPath): FindingDraft | undefined {
  for (const [index, item] of items.entries()) {
    const fault = isPlain(item) ? undefined : unstorableValue(item, [...at, index]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function unstorableMember(value: object, at: FieldPath): FindingDraft | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return { at, reason: 'ValueUnstorable', message: 'the value is of a kind that JSON does not have' };
  }
  for (const key of Object.keys(value)) {
    const why = key === '__proto__' ? 'the key __proto__ is not allowed' : scalarFault(key);
    if (why !== undefined) return { at, reason: 'ValueUnstorable', message: why };
    const member = (value as Record<string, unknown>)[key];
    const fault = isPlain(member) ? undefined : unstorableValue(member, [...at, key]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The common case, decided without building a path. */
function isPlain(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && scalarFault(value) === undefined);
}

function scalarFault(value: unknown): string | undefined {
  if (typeof value === 'number') return numberFault(value);
  if (typeof value === 'string') return textFault(value);
  return STORABLE.has(typeof value) ? undefined : 'the value is of a kind that JSON does not have';
}

/** A member that is undefined counts as absent. */
const STORABLE: ReadonlySet<string> = new Set(['boolean', 'object', 'undefined']);

function numberFault(value: number): string | undefined {
  if (!Number.isFinite(value)) return 'the number is infinite or not a number';
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? 'the number is beyond 2^53 and would lose digits' : undefined;
}

function textFault(value: string): string | undefined {
  if (value.includes('\0')) return 'the text holds NUL';
  return value.isWellFormed() ? undefined : 'the text holds a lone surrogate';
}
