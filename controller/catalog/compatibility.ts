import type { ConnectorTypeSpec } from '../../schemas/connector-type.ts';
import type { OperationDeclaration } from '../../schemas/fields/operation.ts';
import type { StreamDeclaration } from '../../schemas/fields/stream.ts';
import { type Narrowing, schemaLosses, schemaNarrowings } from './schema-compatibility.ts';

/**
 * What a minor or patch version takes away from its predecessor of the same major; empty when it only adds.
 * Config and requests must go on accepting what they accepted; streams and responses must go on carrying what they carried.
 */
export function narrowings(before: ConnectorTypeSpec, after: ConnectorTypeSpec): Narrowing[] {
  return [
    ...schemaNarrowings(before.configSchema.schema, after.configSchema.schema, ['configSchema', 'schema']),
    ...authNarrowings(before, after),
    ...named(before.streams, after.streams, 'streams', streamNarrowings),
    ...named(before.operations, after.operations, 'operations', operationNarrowings),
    ...named(before.inbound?.subscriptions, after.inbound?.subscriptions, 'inbound', () => []),
  ];
}

function named<Item extends { name: string }>(
  before: readonly Item[] | undefined,
  after: readonly Item[] | undefined,
  list: string,
  compare: (before: Item, after: Item, at: (string | number)[]) => Narrowing[],
): Narrowing[] {
  return (before ?? []).flatMap((old) => {
    const index = (after ?? []).findIndex(({ name }) => name === old.name);
    const now = after?.[index];
    if (now === undefined) return [{ at: [list], message: `${JSON.stringify(old.name)} was removed` }];
    return compare(old, now, [list, index]);
  });
}

function authNarrowings(before: ConnectorTypeSpec, after: ConnectorTypeSpec): Narrowing[] {
  const found: Narrowing[] = [];
  if (before.auth.kind !== after.auth.kind) found.push({ at: ['auth', 'kind'], message: 'the kind of sign-in changed' });
  const old = new Map((before.auth.fields ?? []).map((field) => [field.name, field]));
  for (const [index, field] of (after.auth.fields ?? []).entries()) {
    const known = old.get(field.name);
    old.delete(field.name);
    if (field.required !== false && (known === undefined || known.required === false)) {
      found.push({ at: ['auth', 'fields', index], message: `the auth field ${JSON.stringify(field.name)} became required` });
    }
  }
  for (const name of old.keys()) found.push({ at: ['auth', 'fields'], message: `the auth field ${JSON.stringify(name)} was removed` });
  return found;
}

function streamNarrowings(before: StreamDeclaration, after: StreamDeclaration, at: (string | number)[]): Narrowing[] {
  const found: Narrowing[] = [];
  if (before.semantics !== after.semantics) found.push({ at: [...at, 'semantics'], message: 'the semantics changed' });
  if (before.primaryKey.join('\n') !== after.primaryKey.join('\n'))
    found.push({ at: [...at, 'primaryKey'], message: 'the primary key changed' });
  for (const field of ['cursorField', 'consentTimeField'] as const) {
    if (before[field] !== undefined && before[field] !== after[field]) found.push({ at: [...at, field], message: `${field} changed` });
  }
  if (before.incremental === true && after.incremental !== true)
    found.push({ at: [...at, 'incremental'], message: 'the stream is no longer incremental' });
  return [...found, ...schemaLosses(before.schema, after.schema, [...at, 'schema'])];
}

function operationNarrowings(before: OperationDeclaration, after: OperationDeclaration, at: (string | number)[]): Narrowing[] {
  const lost = before.modes.filter((mode) => !after.modes.includes(mode));
  return [
    ...lost.map((mode) => ({ at: [...at, 'modes'], message: `mode ${mode} was removed` })),
    ...(after.mutating && !before.mutating ? [{ at: [...at, 'mutating'], message: 'the operation became mutating' }] : []),
    ...schemaNarrowings(before.requestSchema, after.requestSchema, [...at, 'requestSchema']),
    ...schemaLosses(before.responseSchema, after.responseSchema, [...at, 'responseSchema']),
  ];
}
