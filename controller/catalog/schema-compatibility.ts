import { isDeepStrictEqual } from 'node:util';

/** Something that a newer version takes away; `at` is below spec. */
export interface Narrowing {
  at: (string | number)[];
  message: string;
}

type Schema = Readonly<Record<string, unknown>>;
type Place = (string | number)[];

/** Keywords whose mere presence, or another value, may refuse what was accepted before; judged as changed or not. */
const OPAQUE = [
  'pattern',
  'format',
  'const',
  'multipleOf',
  'uniqueItems',
  'not',
  'if',
  'then',
  'else',
  'allOf',
  'anyOf',
  'oneOf',
  '$ref',
  'dependentRequired',
];
const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];

/** Where a newer schema refuses values that the older one accepted. Careful: what cannot be compared counts as narrower. */
export function schemaNarrowings(before: Schema, after: Schema, at: Place): Narrowing[] {
  return [
    ...removedProperties(before, after, at),
    ...newlyRequired(before, after, at),
    ...narrowerValues(before, after, at),
    ...opaqueChanges(before, after, at),
    ...inside(before, after, at, schemaNarrowings),
  ];
}

/** Where a newer schema no longer promises what readers of the older one could count on: removed properties and changed types. */
export function schemaLosses(before: Schema, after: Schema, at: Place): Narrowing[] {
  const found = removedProperties(before, after, at);
  if (before['type'] !== undefined && !isDeepStrictEqual(types(before).toSorted(), types(after).toSorted())) {
    found.push({ at: [...at, 'type'], message: 'the type changed' });
  }
  return [...found, ...inside(before, after, at, schemaLosses)];
}

function removedProperties(before: Schema, after: Schema, at: Place): Narrowing[] {
  const now = properties(after);
  return Object.keys(properties(before))
    .filter((name) => now[name] === undefined)
    .map((name) => ({ at: [...at, 'properties'], message: `the property ${JSON.stringify(name)} was removed` }));
}

function newlyRequired(before: Schema, after: Schema, at: Place): Narrowing[] {
  const old = strings(before['required']);
  return strings(after['required'])
    .filter((name) => !old.includes(name))
    .map((name) => ({ at: [...at, 'required'], message: `the property ${JSON.stringify(name)} became required` }));
}

function narrowerValues(before: Schema, after: Schema, at: Place): Narrowing[] {
  const raised = LOWER_BOUNDS.filter((keyword) => bound(after, keyword, -Infinity) > bound(before, keyword, -Infinity));
  const lowered = UPPER_BOUNDS.filter((keyword) => bound(after, keyword, Infinity) < bound(before, keyword, Infinity));
  const closed = after['additionalProperties'] === false && before['additionalProperties'] !== false;
  const found: [keyword: string, message: string][] = [
    ...(narrowerType(before, after) ? [['type', 'the type became narrower'] as [string, string]] : []),
    ...(narrowerEnum(before['enum'], after['enum']) ? [['enum', 'allowed values were removed'] as [string, string]] : []),
    ...(closed ? [['additionalProperties', 'further properties became forbidden'] as [string, string]] : []),
    ...raised.map((keyword): [string, string] => [keyword, `${keyword} was raised`]),
    ...lowered.map((keyword): [string, string] => [keyword, `${keyword} was lowered`]),
  ];
  return found.map(([keyword, message]) => ({ at: [...at, keyword], message }));
}

function narrowerType(before: Schema, after: Schema): boolean {
  if (after['type'] === undefined) return false;
  const now = types(after);
  return types(before).length === 0 || types(before).some((type) => !now.includes(type) && !(type === 'integer' && now.includes('number')));
}

function narrowerEnum(before: unknown, after: unknown): boolean {
  if (!Array.isArray(after)) return false;
  return !Array.isArray(before) || before.some((value) => !after.some((one) => isDeepStrictEqual(one, value)));
}

function opaqueChanges(before: Schema, after: Schema, at: Place): Narrowing[] {
  return OPAQUE.filter((keyword) => after[keyword] !== undefined && !isDeepStrictEqual(before[keyword], after[keyword])).map((keyword) => ({
    at: [...at, keyword],
    message: `${keyword} changed`,
  }));
}

function inside(before: Schema, after: Schema, at: Place, compare: typeof schemaNarrowings): Narrowing[] {
  const now = properties(after);
  const found = Object.entries(properties(before)).flatMap(([name, old]) => {
    const same = now[name];
    return same === undefined ? [] : compare(old, same, [...at, 'properties', name]);
  });
  const [oldItems, items] = [before['items'], after['items']];
  if (isSchema(oldItems) && isSchema(items)) found.push(...compare(oldItems, items, [...at, 'items']));
  return found;
}

function bound(schema: Schema, keyword: string, none: number): number {
  const value = schema[keyword];
  return typeof value === 'number' ? value : none;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function properties(schema: Schema): Record<string, Schema> {
  return isSchema(schema['properties']) ? (schema['properties'] as Record<string, Schema>) : {};
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function types(schema: Schema): string[] {
  return typeof schema['type'] === 'string' ? [schema['type']] : strings(schema['type']);
}
