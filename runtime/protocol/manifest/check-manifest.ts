import { Refusal } from '../refusal.ts';
import { checkDependencies } from './dependencies.ts';
import { type ManifestStream, propertiesOf } from './manifest-stream.ts';

/** Prefixes of streams that adapters of foreign protocols make up. */
const RESERVED_PREFIXES = ['_singer_', '_airbyte_'];

type Finding = { rule: string; path: string; message: string };
type StreamRule = (stream: ManifestStream, path: string) => Finding | undefined;

/** Throws `Refusal` (`manifest_invalid`) with the field's path for the first broken rule of protocol A2 and A3. Looks at the whole manifest. */
export function checkManifest(streams: readonly ManifestStream[]): void {
  const finding = checkNames(streams) ?? checkStreams(streams);
  if (finding !== undefined) throw new Refusal({ reason: 'manifest_invalid', ...finding });
  checkDependencies(streams);
}

/**
 * Throws `Refusal` (`UnsupportedCapability`) when a scoped stream needs a part of the protocol that this runtime does not speak yet:
 * detail coverage under several parents. A stream with one `stateStream` needs no report and is taken.
 */
export function checkCapabilities(streams: readonly ManifestStream[], scoped: ReadonlySet<string>): void {
  const index = streams.findIndex((stream) => scoped.has(stream.name) && stream.parentStreams !== undefined);
  if (index === -1) return;
  throw new Refusal({
    reason: 'UnsupportedCapability',
    rule: 'detail_coverage',
    path: `streams[${index}].parentStreams`,
    message: `stream ${streams[index]?.name} proves itself by DETAIL_COVERAGE, which this runtime does not take`,
    details: { capability: 'detail_coverage', stream: streams[index]?.name },
  });
}

function checkNames(streams: readonly ManifestStream[]): Finding | undefined {
  if (streams.length === 0) return { rule: 'streams_empty', path: 'streams', message: 'at least one stream is needed' };
  const seen = new Set<string>();
  for (const [index, { name }] of streams.entries()) {
    const path = `streams[${index}].name`;
    if (name === '' || name === '*') return { rule: 'stream_name', path, message: 'is empty or a wildcard' };
    if (RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)))
      return { rule: 'stream_reserved', path, message: `${name} is reserved` };
    if (seen.has(name)) return { rule: 'stream_duplicate', path, message: `${name} is declared twice` };
    seen.add(name);
  }
  return undefined;
}

/** The schema describes an object by its properties: everything else of a stream refers to them. */
const hasProperties: StreamRule = (stream, path) =>
  propertiesOf(stream).size === 0
    ? { rule: 'schema_properties', path: `${path}.schema.properties`, message: 'is missing or empty' }
    : undefined;

const localReferences: StreamRule = (stream, path) => {
  const reference = foreignReference(stream.schema);
  return reference === undefined
    ? undefined
    : { rule: 'schema_reference', path: `${path}.schema`, message: `$ref ${reference} leaves the document; only #/... is read` };
};

const namesProperties: StreamRule = (stream, path) => {
  const properties = propertiesOf(stream);
  const named: [string, string | undefined][] = [
    ...stream.primaryKey.map((name, index): [string, string] => [`primaryKey[${index}]`, name]),
    ...(stream.requiredFields ?? []).map((name, index): [string, string] => [`requiredFields[${index}]`, name]),
    ['cursorField', stream.cursorField],
    ['consentTimeField', stream.consentTimeField],
    ['selection.resourceField', stream.selection?.resourceField],
  ];
  const wrong = named.find(([, name]) => name !== undefined && !properties.has(name));
  return wrong && { rule: 'field_unknown', path: `${path}.${wrong[0]}`, message: `${wrong[1]} is no property of the schema` };
};

const keyIsUsable: StreamRule = (stream, path) => {
  const { primaryKey } = stream;
  if (primaryKey.length > 0 && new Set(primaryKey).size === primaryKey.length) return undefined;
  return { rule: 'primary_key', path: `${path}.primaryKey`, message: 'needs one or more different properties' };
};

function checkStreams(streams: readonly ManifestStream[]): Finding | undefined {
  for (const [index, stream] of streams.entries()) {
    for (const rule of [hasProperties, localReferences, keyIsUsable, namesProperties]) {
      const finding = rule(stream, `streams[${index}]`);
      if (finding !== undefined) return finding;
    }
  }
  return undefined;
}

/** First `$ref` that is not a fragment of its own document. */
function foreignReference(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  for (const [name, member] of Object.entries(schema)) {
    if (name === '$ref' && typeof member === 'string' && !member.startsWith('#')) return member;
    const found = foreignReference(member);
    if (found !== undefined) return found;
  }
  return undefined;
}
