import type { RegisteredType } from '../../apis/catalog.ts';
import type { FieldPath, FindingDraft } from '../../apis/finding.ts';
import { secretName, secretShape } from './secret-shapes.ts';

/** Parts of spec.credentials.secretRef: they point to a secret and hold none. */
const POINTERS: readonly unknown[] = ['provider', 'name', 'keys'];

/**
 * Every place of an authored document that holds a secret as a plain value: a text under a name that the type or its auth calls secret,
 * one under a name that means nothing else, an unknown field beside the pointers of credentials, and well-known shapes anywhere. Names
 * count in the spec, also where it has no such field: a refused document is stored and shown.
 * Asked of every document, also of one that breaks its schema. Drafts never carry the value.
 */
export function plainSecrets(authored: Record<string, unknown>, type: RegisteredType | undefined): FindingDraft[] {
  const found: FindingDraft[] = [];
  const named = type === undefined ? undefined : secretNames(type);
  walk(authored, [], (text, at) => {
    const what = whatIsSecret(text, at, named);
    if (what !== undefined) found.push({ at, reason: 'PlainSecret', message: `${what} stands here as a plain value` });
  });
  return found;
}

function whatIsSecret(text: string, at: FieldPath, named: ReadonlySet<string> | undefined): string | undefined {
  if (text === '') return undefined;
  const [top, part] = at;
  if (top !== 'spec') return secretShape(text);
  if (part === 'credentials') return plainCredential(text, at.slice(2));
  return secretByName(at, part === 'config' ? named : undefined) ?? secretShape(text);
}

function secretByName(at: FieldPath, named: ReadonlySet<string> | undefined): string | undefined {
  const name = at.findLast((one) => typeof one === 'string') ?? '';
  return secretName(name) || named?.has(name) === true ? `the secret ${JSON.stringify(name)}` : undefined;
}

function plainCredential(text: string, [field, ...inside]: FieldPath): string | undefined {
  // Sealed values look like secrets by design; whether they are allowed is another rule.
  if (field === 'encrypted' && inside.length > 0) return undefined;
  if (field === 'mode' || (field === 'secretRef' && POINTERS.includes(inside[0]))) return secretShape(text);
  return typeof field === 'string' ? 'a credential' : secretShape(text);
}

/** Names of config properties that the schema marks secret, and of sensitive auth fields. */
function secretNames(type: RegisteredType): ReadonlySet<string> {
  const known = CACHE.get(type);
  if (known !== undefined) return known;
  const names = new Set((type.spec.auth.fields ?? []).filter(({ sensitive }) => sensitive !== false).map(({ name }) => name));
  markedSecret(type.spec.configSchema.schema, names);
  CACHE.set(type, names);
  return names;
}

/** Derived from the type alone and gone with it; ten thousand documents of one type ask the same. */
const CACHE = new WeakMap<RegisteredType, ReadonlySet<string>>();

function markedSecret(schema: unknown, names: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { properties } = schema as { properties?: unknown };
  if (typeof properties === 'object' && properties !== null) {
    for (const [name, property] of Object.entries(properties)) if (isMarked(property)) names.add(name);
  }
  for (const inside of Object.values(schema)) markedSecret(inside, names);
}

function isMarked(property: unknown): boolean {
  const { writeOnly, format, ['x-secret']: marked } = (property ?? {}) as Record<string, unknown>;
  return writeOnly === true || format === 'password' || marked === true;
}

/** Calls back for every text of a JSON value. */
function walk(value: unknown, at: FieldPath, visit: (text: string, at: FieldPath) => void): void {
  if (typeof value === 'string') visit(value, at);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inside] of Object.entries(value)) walk(inside, [...at, Array.isArray(value) ? Number(key) : key], visit);
}

/**
 * A copy of a refused document that may be stored and shown: secrets masked; without a known type, which could name more of them, every
 * text of config too.
 */
export function maskedDocument(authored: unknown, secrets: readonly FindingDraft[], typeKnown: boolean): unknown {
  const places = new Set(secrets.map(({ at }) => JSON.stringify(at)));
  return masked(authored, [], (at) => places.has(JSON.stringify(at)) || (!typeKnown && at[0] === 'spec' && at[1] === 'config'));
}

function masked(value: unknown, at: FieldPath, hide: (at: FieldPath) => boolean): unknown {
  if (typeof value === 'string') return hide(at) ? '[redacted]' : value;
  if (Array.isArray(value)) return value.map((item, index) => masked(item, [...at, index], hide));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, masked(member, [...at, key], hide)]));
}
