import type { ErrorObject } from 'ajv/dist/2020.js';
import type { FieldPath, FindingDraft } from '../../apis/finding.ts';
import type { FindingReason } from '../../apis/finding-reasons.ts';

/** Reasons for an unknown field, a missing one, and any other breach. */
export interface SchemaReasons {
  unknown: FindingReason;
  missing: FindingReason;
  other: FindingReason;
}

/** Turns every error of a schema check into a draft below `base`. Messages name what is allowed, never the value that was there. */
export function schemaDrafts(errors: readonly ErrorObject[], base: FieldPath, reasons: SchemaReasons): FindingDraft[] {
  // A branch of anyOf or oneOf that does not fit is told by the keyword itself, an `if` by what it demands.
  const whole = errors.filter((error) => !/\/(anyOf|oneOf)\/\d+\//.test(error.schemaPath) && error.keyword !== 'if');
  return (whole.length > 0 ? whole : errors).map((error) => schemaDraft(error, base, reasons));
}

/** The parts of a JSON pointer; list positions as numbers. */
export function pointerParts(pointer: string): FieldPath {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => (/^(0|[1-9][0-9]*)$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
}

function schemaDraft(error: ErrorObject, base: FieldPath, reasons: SchemaReasons): FindingDraft {
  const at = [...base, ...pointerParts(error.instancePath)];
  const { params } = error as { params: Record<string, unknown> };
  const unknown = params['additionalProperty'] ?? params['unevaluatedProperty'];
  if (typeof unknown === 'string')
    return { at: [...at, unknown], reason: reasons.unknown, message: `there is no field ${JSON.stringify(unknown)}` };
  const missing = params['missingProperty'];
  if (typeof missing === 'string')
    return { at: [...at, missing], reason: reasons.missing, message: `the field ${JSON.stringify(missing)} is missing` };
  return { at, reason: reasons.other, message: breach(error, params) };
}

function breach(error: ErrorObject, params: Record<string, unknown>): string {
  const allowed = params['allowedValues'];
  if (Array.isArray(allowed))
    return `must be ${allowed.length === 1 ? '' : 'one of '}${allowed.map((value) => JSON.stringify(value)).join(', ')}`;
  const name = params['propertyName'];
  if (error.keyword === 'propertyNames' && typeof name === 'string') return `the name ${JSON.stringify(name)} is not allowed`;
  return error.message ?? 'does not fit its schema';
}
