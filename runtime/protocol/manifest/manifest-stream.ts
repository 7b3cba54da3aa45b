import type { StreamDeclaration } from '../../../schemas/fields/stream.ts';

/** One stream of a type document, as the protocol reads it. */
export type ManifestStream = StreamDeclaration;

/** Names of the schema's top-level properties; empty when the schema has none. */
export function propertiesOf(stream: ManifestStream): ReadonlySet<string> {
  const properties = stream.schema['properties'];
  return new Set(typeof properties === 'object' && properties !== null ? Object.keys(properties) : []);
}

/** Fields that the schema and the stream say every record has, in that order. */
export function requiredFieldsOf(stream: ManifestStream): readonly string[] {
  const required = stream.schema['required'];
  const bySchema = Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : [];
  return [...bySchema, ...(stream.requiredFields ?? [])];
}

/** Streams whose checkpoints cover `stream` (protocol A3): its declared parents, else itself. */
export function parentsOf(stream: ManifestStream): readonly string[] {
  if (stream.stateStream !== undefined) return [stream.stateStream];
  return stream.parentStreams ?? [stream.name];
}
