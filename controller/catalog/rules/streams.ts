import type { StreamDeclaration } from '../../../schemas/fields/stream.ts';
import type { FieldPath, FindingDraft } from '../../apis/finding.ts';
import type { TypeRule } from '../type-rule.ts';

/** Names are unique and not reserved; schemas compile; every property that a stream refers to is there. */
export const streamsRule: TypeRule = {
  name: 'streams',
  judge({ streams = [] }, tools): FindingDraft[] {
    return streams.flatMap((stream, index) => {
      const at = ['spec', 'streams', index];
      const problem = tools.schemaProblem(stream.schema);
      const found = [...nameFaults(stream, streams.slice(0, index), at), ...propertyFaults(stream, at)];
      if (problem !== undefined) found.push({ at: [...at, 'schema'], reason: 'ConfigSchemaInvalid', message: problem });
      return found;
    });
  },
};

function nameFaults({ name }: StreamDeclaration, earlier: readonly StreamDeclaration[], at: FieldPath): FindingDraft[] {
  const fault = (message: string): FindingDraft[] => [{ at: [...at, 'name'], reason: 'StreamInvalid', message }];
  if (earlier.some((stream) => stream.name === name)) return fault(`the stream ${JSON.stringify(name)} is there twice`);
  if (name === '*') return fault('a stream cannot be named *');
  return /^_(singer|airbyte)_/.test(name) ? fault('names that begin with _singer_ or _airbyte_ are reserved') : [];
}

function propertyFaults(stream: StreamDeclaration, at: FieldPath): FindingDraft[] {
  const properties: unknown = stream.schema['properties'];
  if (typeof properties !== 'object' || properties === null) {
    return [{ at: [...at, 'schema'], reason: 'StreamInvalid', message: 'the schema has no properties' }];
  }
  return references(stream)
    .filter(([, name]) => !Object.hasOwn(properties, name))
    .map(([place, name]) => ({
      at: [...at, ...place],
      reason: 'StreamInvalid',
      message: `the schema has no property ${JSON.stringify(name)}`,
    }));
}

function references(stream: StreamDeclaration): (readonly [FieldPath, string])[] {
  const single = (field: 'cursorField' | 'consentTimeField') => (stream[field] === undefined ? [] : [[[field], stream[field]] as const]);
  const resource = stream.selection?.resourceField;
  return [
    ...stream.primaryKey.map((name, index) => [['primaryKey', index], name] as const),
    ...single('cursorField'),
    ...single('consentTimeField'),
    ...(stream.requiredFields ?? []).map((name, index) => [['requiredFields', index], name] as const),
    ...(resource === undefined ? [] : [[['selection', 'resourceField'], resource] as const]),
    ...(stream.views ?? []).flatMap((view, index) => view.fields.map((name, place) => [['views', index, 'fields', place], name] as const)),
  ];
}
