import { describe, expect, test } from '@jest/globals';
import { checkCapabilities, checkManifest } from '../../../../../runtime/protocol/manifest/check-manifest.ts';
import type { ManifestStream } from '../../../../../runtime/protocol/manifest/manifest-stream.ts';
import { Refusal } from '../../../../../runtime/protocol/refusal.ts';
import { stream } from '../../../../gen/protocol.ts';

const rides = (name: string, stateStream: string, coverageStrategy = 'checkpoint_window') =>
  stream({ name, stateStream, coverageStrategy });
const proves = (name: string, parentStreams: string[], coverageStrategy = 'parent_detail_accounting') =>
  stream({ name, parentStreams, coverageStrategy });
const self = (name: string) => stream({ name });

function refusalOf(run: () => unknown): Refusal | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

describe('checkManifest', () => {
  const wrong: [string, ManifestStream[], string, string][] = [
    ['no stream', [], 'streams_empty', 'streams'],
    ['an empty name', [self('')], 'stream_name', 'streams[0].name'],
    ['a wildcard as name', [self('a'), self('*')], 'stream_name', 'streams[1].name'],
    ['a reserved name', [self('_singer_state')], 'stream_reserved', 'streams[0].name'],
    ['one name twice', [self('a'), self('a')], 'stream_duplicate', 'streams[1].name'],
    ['a schema without properties', [stream({ schema: { type: 'object' } })], 'schema_properties', 'streams[0].schema.properties'],
    [
      'a reference that leaves the document',
      [stream({ schema: { properties: { id: { $ref: 'https://x.example/y' } } } })],
      'schema_reference',
      'streams[0].schema',
    ],
    ['an empty primary key', [stream({ primaryKey: [] })], 'primary_key', 'streams[0].primaryKey'],
    ['a primary key with one field twice', [stream({ primaryKey: ['id', 'id'] })], 'primary_key', 'streams[0].primaryKey'],
    ['a primary key outside the schema', [stream({ primaryKey: ['id', 'colour'] })], 'field_unknown', 'streams[0].primaryKey[1]'],
    ['a cursor field outside the schema', [stream({ cursorField: 'colour' })], 'field_unknown', 'streams[0].cursorField'],
    ['a time field outside the schema', [stream({ consentTimeField: 'colour' })], 'field_unknown', 'streams[0].consentTimeField'],
    [
      'a resource field outside the schema',
      [stream({ selection: { resourceField: 'colour' } })],
      'field_unknown',
      'streams[0].selection.resourceField',
    ],
    ['a required field outside the schema', [stream({ requiredFields: ['colour'] })], 'field_unknown', 'streams[0].requiredFields[0]'],
  ];

  test.each(wrong)('[PROTO-1] %s', (_name, streams, rule, path) => {
    expect(refusalOf(() => checkManifest(streams))).toMatchObject({ reason: 'manifest_invalid', rule, path });
  });

  test('[PROTO-1] references within the document, and a property that is named $ref, pass', () => {
    checkManifest([stream({ schema: { $defs: { a: {} }, properties: { id: { $ref: '#/$defs/a' }, at: {}, $ref: { type: 'string' } } } })]);
  });

  const broken: [string, ManifestStream[], string, string][] = [
    ['1: its own state stream', [rides('a', 'a')], 'dependency_self', 'streams[0].stateStream'],
    ['1: its own parent', [self('b'), proves('a', ['b', 'a'])], 'dependency_self', 'streams[1].parentStreams'],
    ['2: an unknown state stream', [rides('a', 'x')], 'dependency_unknown', 'streams[0].stateStream'],
    ['2: an unknown parent', [self('b'), proves('a', ['b', 'x'])], 'dependency_unknown', 'streams[1].parentStreams'],
    ['3: a parent twice', [self('b'), proves('a', ['b', 'b'])], 'dependency_duplicate', 'streams[1].parentStreams'],
    [
      '4: both kinds, whatever the strategy',
      [self('b'), self('c'), { ...rides('a', 'b'), parentStreams: ['c'] }],
      'dependency_both',
      'streams[2]',
    ],
    ['5: no parent', [proves('a', [])], 'dependency_empty', 'streams[0].parentStreams'],
    ['6: a cycle of two', [rides('a', 'b'), rides('b', 'a')], 'dependency_cycle', 'streams[0]'],
    ['6: a cycle of three', [rides('a', 'b'), rides('b', 'c'), rides('c', 'a')], 'dependency_cycle', 'streams[0]'],
    ['6: a cycle of both kinds behind a start', [rides('s', 'a'), proves('a', ['b']), rides('b', 'a')], 'dependency_cycle', 'streams[0]'],
    [
      '7: a state stream with another strategy',
      [self('b'), rides('a', 'b', 'parent_detail_accounting')],
      'dependency_strategy',
      'streams[1].coverageStrategy',
    ],
    [
      '7: parents with another strategy',
      [self('b'), proves('a', ['b'], 'checkpoint_window')],
      'dependency_strategy',
      'streams[1].coverageStrategy',
    ],
    [
      '7: parents without strategy',
      [self('b'), stream({ name: 'a', parentStreams: ['b'] })],
      'dependency_strategy',
      'streams[1].coverageStrategy',
    ],
    [
      '7: a state stream without strategy',
      [self('b'), stream({ name: 'a', stateStream: 'b' })],
      'dependency_strategy',
      'streams[1].coverageStrategy',
    ],
    ['8: a chain', [self('c'), rides('b', 'c'), rides('a', 'b')], 'dependency_chained', 'streams[2].stateStream'],
  ];

  test.each(broken)('[PROTO-1, PROTO-2] rule %s', (_name, streams, rule, path) => {
    expect(refusalOf(() => checkManifest(streams))).toMatchObject({ reason: 'manifest_invalid', rule, path });
  });

  test('[PROTO-2] a cycle is told with its path', () => {
    const refusal = refusalOf(() => checkManifest([rides('s', 'a'), proves('a', ['b']), rides('b', 'a')]));
    expect(refusal?.details['cycle']).toEqual(['a', 'b', 'a']);
    expect(refusal?.message).toContain('a > b > a');
  });

  test('[PROTO-2] two streams may share a parent', () => {
    checkManifest([self('p'), rides('a', 'p'), rides('b', 'p'), proves('c', ['p'])]);
  });
});

describe('checkCapabilities', () => {
  const streams = [self('p'), rides('a', 'p'), proves('c', ['p'])];

  test('[RT-1.2] a scoped stream that proves itself per parent is refused before spawn', () => {
    expect(refusalOf(() => checkCapabilities(streams, new Set(['p', 'c'])))).toMatchObject({
      reason: 'UnsupportedCapability',
      rule: 'detail_coverage',
      path: 'streams[2].parentStreams',
    });
  });

  test('[RT-1.2] without it the rest of the type runs', () => {
    checkCapabilities(streams, new Set(['p', 'a']));
  });
});
