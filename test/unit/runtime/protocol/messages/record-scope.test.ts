import { describe, expect, test } from '@jest/globals';
import { record, session, stream, verdictOf } from '../../../../gen/protocol.ts';

const byTag = stream({ selection: { fields: true, resources: true, resourceField: 'tags' } });
const narrowed = (constraint: object, streams = [stream()]) => session({ streams, requested: [{ name: 'items', ...constraint }] });

describe('resources', () => {
  test('[RT-2.1, PROTO-15] a key inside is accepted, one outside is a violation', () => {
    expect(verdictOf(narrowed({ resources: ['1', '2'] }), record())).toBe('record');
    expect(verdictOf(narrowed({ resources: ['2'] }), record())).toBe('record_outside_resources');
  });

  test.each([
    ['its key', { id: '1' }, ['1'], 'record'],
    ['the value of the resource field', { id: '1', tags: 'inbox' }, ['inbox'], 'record'],
    ['the canonical form of an array', { id: '1', tags: ['a', 'b'] }, ['["a","b"]'], 'record'],
    ['a number by its source', { id: '1', tags: 7 }, ['7'], 'record'],
    ['another value', { id: '1', tags: 'sent' }, ['inbox'], 'record_outside_resources'],
    ['no value', { id: '1' }, ['inbox'], 'record_outside_resources'],
  ])('[PROTO-15] with a resource field a record is found by %s', (_name, data, resources, verdict) => {
    expect(verdictOf(narrowed({ resources }, [byTag]), record({ data }))).toBe(verdict);
  });

  test('[PROTO-15] a delete answers with its key', () => {
    expect(verdictOf(narrowed({ resources: ['1'] }), record({ op: 'delete', data: undefined }))).toBe('record');
    expect(verdictOf(narrowed({ resources: ['2'] }), record({ op: 'delete', data: undefined }))).toBe('record_outside_resources');
  });
});

describe('fields', () => {
  test.each([
    ['the fields that were sent', { id: '1', n: 1 }, 'record'],
    ['fewer fields', { id: '1' }, 'record'],
    ['a declared field that was not asked for', { id: '1', text: 'x' }, 'record_outside_fields'],
    ['an undeclared field', { id: '1', colour: 'x' }, 'record_outside_fields'],
  ])('[RT-2.1, PROTO-15] %s', (_name, data, verdict) => {
    expect(verdictOf(narrowed({ fields: ['n'] }), record({ data }))).toBe(verdict);
  });

  test('[PROTO-15] a member of the data named __proto__ is a field like any other', () => {
    const text = JSON.stringify(record()).replace('"data":{', '"data":{"__proto__":1,');
    expect(verdictOf(narrowed({ fields: ['n'] }), text)).toBe('record_outside_fields');
  });
});

describe('time_range', () => {
  const since = '2026-02-01T00:00:00Z';
  const until = '2026-03-01T00:00:00.0005Z';

  test.each([
    ['exactly since', { since, until }, '2026-02-01T00:00:00Z', true],
    ['just before since', { since, until }, '2026-01-31T23:59:59.999999999Z', false],
    ['exactly until', { since, until }, '2026-03-01T00:00:00.000500Z', false],
    ['just before until', { since, until }, '2026-03-01T00:00:00.00049Z', true],
    ['long ago with an open start', { until }, '0001-01-01T00:00:00Z', true],
    ['far away with an open end', { since }, '9999-12-31T23:59:59Z', true],
    ['an offset that leads inside', { since }, '2026-01-31T23:30:00-01:00', true],
    ['an offset that leads outside', { since }, '2026-02-01T00:30:00+01:00', false],
    ['a date as midnight UTC', { since }, '2026-02-01', true],
    ['a date outside', { since }, '2026-01-31', false],
    ['a time without offset as UTC', { since }, '2026-02-01T00:00:00', true],
    ['milliseconds since 1970', { since }, Date.UTC(2026, 1, 1), true],
    ['milliseconds outside', { since }, Date.UTC(2026, 1, 1) - 0.5, false],
    ['null', { since }, null, false],
    ['nothing', { since }, undefined, false],
    ['a text that is no time', { since }, 'yesterday', false],
    ['a boolean', { since }, true, false],
    ['a date as bound', { since: '2026-02-01' }, '2026-02-01T00:00:00Z', true],
  ])('[RT-2.1, PROTO-16] %s', (_name, timeRange, at, inside) => {
    const verdict = verdictOf(narrowed({ timeRange }), record({ data: { id: '1', at } }));
    expect(verdict).toBe(inside ? 'record' : 'record_outside_time_range');
  });

  test.each([
    ['without data', undefined, 'record'],
    ['without the field', { id: '1' }, 'record'],
    ['with the field inside', { at: since }, 'record'],
    ['with the field outside', { at: '2025-01-01' }, 'record_outside_time_range'],
    ['with null as field', { at: null }, 'record_outside_time_range'],
  ])('[PROTO-15, PROTO-16] a delete %s', (_name, data, verdict) => {
    expect(verdictOf(narrowed({ timeRange: { since } }), record({ op: 'delete', data }))).toBe(verdict);
  });
});

describe('the order of the checks', () => {
  const outside = { id: '2', text: 'x', at: '2020-01-01' };
  const constraint = { resources: ['2'], fields: ['n'], timeRange: { since: '2026-01-01' } };

  test.each([
    ['identity first', { key: '1', data: outside }, 'record_key_mismatch'],
    ['then resources', { key: '3', data: { ...outside, id: '3' } }, 'record_outside_resources'],
    ['then fields', { key: '2', data: outside }, 'record_outside_fields'],
    ['then time range', { key: '2', data: { id: '2', at: '2020-01-01' } }, 'record_outside_time_range'],
  ])('[PROTO-13, PROTO-15] %s', (_name, mods, verdict) => {
    expect(verdictOf(narrowed(constraint), record(mods))).toBe(verdict);
  });
});
