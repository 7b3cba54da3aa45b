import type { CollectedStream } from '../../../schemas/connector.ts';
import type { StreamDeclaration } from '../../../schemas/fields/stream.ts';
import type { FieldPath, FindingDraft } from '../../apis/finding.ts';
import { type Rule, typeOf } from '../subject.ts';

/** collection.streams names streams of the type, each once, and narrows them only as they offer. */
export const streamsRule: Rule = {
  name: 'streams',
  reads: ['type', 'typeVersion', 'collection'],
  judge(subject): FindingDraft[] {
    const type = typeOf(subject);
    const wanted = subject.spec.collection?.streams;
    if (type === undefined || wanted === undefined) return [];
    const declared = new Map((type.spec.streams ?? []).map((stream) => [stream.name, stream]));
    return wanted.flatMap((stream, index) => {
      const at = ['spec', 'collection', 'streams', index];
      const declaration = declared.get(stream.name);
      if (declaration === undefined) return [unknownStream(stream.name, at, [...declared.keys()])];
      const repeated = wanted.findIndex((other) => other.name === stream.name) !== index;
      return repeated ? [scopeFault([...at, 'name'], 'the stream is named twice')] : scopeFaults(stream, declaration, at);
    });
  },
};

/** inbound.subscriptions names subscriptions of the type. */
export const subscriptionsRule: Rule = {
  name: 'subscriptions',
  reads: ['type', 'typeVersion', 'inbound'],
  judge(subject): FindingDraft[] {
    const type = typeOf(subject);
    if (type === undefined) return [];
    const declared = (type.spec.inbound?.subscriptions ?? []).map(({ name }) => name);
    return (subject.spec.inbound?.subscriptions ?? []).flatMap(({ name }, index): FindingDraft[] => {
      if (declared.includes(name)) return [];
      const at = ['spec', 'inbound', 'subscriptions', index, 'name'];
      return [{ at, reason: 'SubscriptionUnknown', message: `the type has no subscription ${JSON.stringify(name)}` }];
    });
  },
};

function unknownStream(name: string, at: FieldPath, known: string[]): FindingDraft {
  const message = `the type has no stream ${JSON.stringify(name)}`;
  return { at: [...at, 'name'], reason: 'StreamUnknown', message, hint: `Its streams: ${known.join(', ') || 'none'}.` };
}

function scopeFault(at: FieldPath, message: string): FindingDraft {
  return { at, reason: 'StreamScopeInvalid', message };
}

function scopeFaults(stream: CollectedStream, declaration: StreamDeclaration, at: FieldPath): FindingDraft[] {
  const { selection, consentTimeField, schema } = declaration;
  const properties = Object.keys((schema['properties'] as object | undefined) ?? {});
  const offers: [keyof CollectedStream, boolean, string][] = [
    ['fields', selection?.fields === true, 'the stream cannot be narrowed to fields'],
    ['resources', selection?.resources === true, 'the stream cannot be narrowed to single records'],
    ['timeRange', consentTimeField !== undefined, 'the stream has no consentTimeField and cannot be narrowed to a time'],
  ];
  const notOffered = offers.filter(([part, offered]) => stream[part] !== undefined && !offered);
  const unknownFields = [...(stream.fields ?? []).entries()].filter(([, field]) => !properties.includes(field));
  return [
    ...notOffered.map(([part, , message]) => scopeFault([...at, part], message)),
    ...unknownFields.map(([index, field]) => scopeFault([...at, 'fields', index], `the stream has no field ${JSON.stringify(field)}`)),
  ];
}
