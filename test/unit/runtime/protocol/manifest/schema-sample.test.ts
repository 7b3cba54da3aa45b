import { describe, expect, test } from '@jest/globals';
import { SchemaSample, schemaChecks } from '../../../../../runtime/protocol/manifest/schema-sample.ts';
import { stream } from '../../../../gen/protocol.ts';

const schema = { type: 'object', required: ['id'], properties: { id: { type: 'string' }, at: { type: 'string', format: 'date-time' } } };
const sample = (of: object = schema) => new SchemaSample(schemaChecks(), [stream({ schema: of as never })]);
const row = (data: unknown, mods: Record<string, unknown> = {}) => ({
  stream: 'items',
  key: '1',
  deleted: false,
  emittedAt: '2026-01-01T00:00:00Z',
  dataText: JSON.stringify(data),
  ...mods,
});
const plain = (text: string) => text;

describe('the sample of records against their schema', () => {
  test('tells how many of how many do not fit, and where', () => {
    const looked = sample();
    for (const data of [{ id: '1' }, { id: 2 }, {}, { id: '3', at: 'yesterday' }]) looked.look(row(data));
    const details = { sampled: 4, mismatched: 3, places: ['/id: type', '/: required', '/at: format'] };
    expect(looked.gaps(plain)).toMatchObject([{ reason: 'record_schema_mismatch', scope: { stream: 'items' }, details }]);
  });

  test('says nothing when all fit, of deletes, and under a schema that cannot be compiled', () => {
    const looked = sample();
    looked.look(row({ id: '1' }));
    looked.look(row({}, { deleted: true }));
    looked.look(row(null, { dataText: null }));
    expect(looked.gaps(plain)).toEqual([]);
    const broken = sample({ type: 'nonsense' });
    broken.look(row({}));
    expect(broken.gaps(plain)).toEqual([]);
  });

  test('looks at the first records, then at one in a while, however many come', () => {
    const looked = sample();
    for (let n = 0; n < 500_000; n++) looked.look(row({}, { dataText: '{}' }));
    expect(looked.gaps(plain)[0]?.details).toMatchObject({ sampled: 200, mismatched: 200, places: ['/: required'] });
  });

  test('compiles a schema once, whatever run it comes with', () => {
    const checks = schemaChecks();
    expect(checks.of({ ...schema })).toBe(checks.of({ ...schema }));
  });
});
