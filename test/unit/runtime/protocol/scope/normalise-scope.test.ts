import { describe, expect, test } from '@jest/globals';
import { Refusal } from '../../../../../runtime/protocol/refusal.ts';
import { normaliseScope } from '../../../../../runtime/protocol/scope/normalise-scope.ts';
import { stream } from '../../../../gen/protocol.ts';

const properties = { id: {}, sent_at: {}, subject: {}, body: {}, size: {} };
const mails = stream({ name: 'mails', consentTimeField: 'sent_at', schema: { type: 'object', required: ['id', 'size'], properties } });
const prices = stream({ name: 'prices', primaryKey: ['sym', 'day'], schema: { type: 'object', properties: { sym: {}, day: {} } } });
const plain = { name: 'plain', semantics: 'append_only' as const, primaryKey: ['id'], schema: { type: 'object', properties: { id: {} } } };
const tagged = stream({ name: 'tagged', selection: { resources: true, resourceField: 'tags' } });
const manifest = [mails, prices, plain, tagged];

function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('normaliseScope', () => {
  test('[RT-1.1, PROTO-5] without a request every stream of the manifest, bare and in its order', () => {
    expect(normaliseScope(manifest)).toEqual({ streams: [{ name: 'mails' }, { name: 'prices' }, { name: 'plain' }, { name: 'tagged' }] });
  });

  test('[RT-1.1, PROTO-5] a manifest that leaves it empty is refused', () => {
    expect(refusalOf(() => normaliseScope([]))).toMatchObject({ reason: 'scope_invalid', rule: 'streams_empty' });
  });

  test('[RT-1.2, PROTO-5] a valid request is sent as it was asked for', () => {
    const requested = [
      { name: 'mails', timeRange: { since: '2026-02-01', until: '2026-02-01T00:00:00.001Z' }, resources: ['a/b c'] },
      { name: 'prices', resources: ['["ACME","2026-02-03"]'] },
      { name: 'tagged', resources: ['any text'] },
    ];
    expect(normaliseScope(manifest, requested)).toEqual({
      streams: [
        { name: 'mails', resources: ['a/b c'], time_range: { since: '2026-02-01', until: '2026-02-01T00:00:00.001Z' } },
        { name: 'prices', resources: ['["ACME","2026-02-03"]'] },
        { name: 'tagged', resources: ['any text'] },
      ],
    });
  });

  test.each([
    ['no stream', [], 'streams_empty', ''],
    ['no object', ['mails'], 'stream_shape', '[0]'],
    ['no name', [{}], 'stream_name', '[0].name'],
    ['an empty name', [{ name: '' }], 'stream_name', '[0].name'],
    ['a wildcard', [{ name: '*' }], 'stream_wildcard', '[0].name'],
    ['an undeclared stream', [{ name: 'mails' }, { name: 'elsewhere' }], 'stream_undeclared', '[1].name'],
    ['a stream twice', [{ name: 'mails' }, { name: 'mails' }], 'stream_duplicate', '[1].name'],
    ['a view', [{ name: 'mails', view: 'short' }], 'view_unresolved', '[0].view'],
    ['a necessity', [{ name: 'mails', necessity: 'required' }], 'necessity_refused', '[0].necessity'],
    ['another member', [{ name: 'mails', limit: 3 }], 'member_unknown', '[0].limit'],
    ['resources where none may be chosen', [{ name: 'plain', resources: ['1'] }], 'resources_not_selectable', '[0].resources'],
    ['an empty list of resources', [{ name: 'mails', resources: [] }], 'resources_empty', '[0].resources'],
    ['a text as resources', [{ name: 'mails', resources: '1' }], 'resources_empty', '[0].resources'],
    ['a resource that is no text', [{ name: 'mails', resources: ['1', 2] }], 'resource_key', '[0].resources[1]'],
    ['an empty resource', [{ name: 'tagged', resources: [''] }], 'resource_key', '[0].resources[0]'],
    ['a resource twice', [{ name: 'mails', resources: ['1', '2', '1'] }], 'resource_duplicate', '[0].resources[2]'],
    ['a compound key of one part', [{ name: 'prices', resources: ['ACME'] }], 'resource_key', '[0].resources[0]'],
    ['a compound key of three parts', [{ name: 'prices', resources: ['["a","b","c"]'] }], 'resource_key', '[0].resources[0]'],
    ['a compound key with spaces', [{ name: 'prices', resources: ['["a", "b"]'] }], 'resource_key', '[0].resources[0]'],
    ['a compound key with a number', [{ name: 'prices', resources: ['["a",2]'] }], 'resource_key', '[0].resources[0]'],
    ['a time range where no field has the time', [{ name: 'plain', timeRange: {} }], 'time_range_not_selectable', '[0].timeRange'],
    ['a text as time range', [{ name: 'mails', timeRange: '2026' }], 'time_range_shape', '[0].timeRange'],
    ['a time range without bounds', [{ name: 'mails', timeRange: {} }], 'time_range_empty', '[0].timeRange'],
    ['a bound that is no time', [{ name: 'mails', timeRange: { since: 'yesterday' } }], 'time_bound', '[0].timeRange.since'],
    ['a bound without offset', [{ name: 'mails', timeRange: { until: '2026-01-01T00:00:00' } }], 'time_bound', '[0].timeRange.until'],
    ['a bound that is a number', [{ name: 'mails', timeRange: { until: 1 } }], 'time_bound', '[0].timeRange.until'],
    [
      'bounds in the wrong order',
      [{ name: 'mails', timeRange: { since: '2026-02-01', until: '2026-01-01' } }],
      'time_range_order',
      '[0].timeRange',
    ],
    [
      'equal bounds',
      [{ name: 'mails', timeRange: { since: '2026-02-01', until: '2026-02-01T00:00:00Z' } }],
      'time_range_order',
      '[0].timeRange',
    ],
    ['another member of the time range', [{ name: 'mails', timeRange: { from: '2026' } }], 'member_unknown', '[0].timeRange.from'],
    ['fields where none may be chosen', [{ name: 'plain', fields: ['id'] }], 'fields_not_selectable', '[0].fields'],
    ['an empty list of fields', [{ name: 'mails', fields: [] }], 'fields_empty', '[0].fields'],
    ['a field that the schema lacks', [{ name: 'mails', fields: ['id', 'colour'] }], 'field_unknown', '[0].fields[1]'],
    ['a field that is no text', [{ name: 'mails', fields: [1] }], 'field_unknown', '[0].fields[0]'],
  ])('[RT-1.2, PROTO-5] %s is refused', (_name, requested, rule, path) => {
    const refusal = refusalOf(() => normaliseScope(manifest, requested));
    expect(refusal).toMatchObject({ reason: 'scope_invalid', rule, path: `collection.streams${path}`, disposition: { kind: 'stall' } });
    expect(refusal.hint).toContain('spec.collection.streams');
  });

  test.each([
    ['requested, required, key', { fields: ['subject', 'size'] }, ['subject', 'size', 'id']],
    [
      'then the time field that a range needs',
      { fields: ['subject'], timeRange: { since: '2026-01-01' } },
      ['subject', 'id', 'size', 'sent_at'],
    ],
    [
      'each once, in the order asked for',
      { fields: ['sent_at', 'id', 'sent_at'], timeRange: { since: '2026-01-01' } },
      ['sent_at', 'id', 'size'],
    ],
  ])('[RT-1.3, PROTO-5] fields: %s', (_name, constraint, fields) => {
    expect(normaliseScope(manifest, [{ name: 'mails', ...constraint }]).streams[0]?.fields).toEqual(fields);
  });

  test('[RT-1.3, PROTO-5] key fields are added also when the schema does not require them', () => {
    expect(normaliseScope(manifest, [{ name: 'prices', fields: ['day'] }]).streams[0]?.fields).toEqual(['day', 'sym']);
  });

  test('[RT-1.3, PROTO-5] fields that the type always collects are added', () => {
    const always = { ...mails, requiredFields: ['body'] };
    expect(normaliseScope([always], [{ name: 'mails', fields: ['subject'] }]).streams[0]?.fields).toEqual([
      'subject',
      'id',
      'size',
      'body',
    ]);
  });
});
