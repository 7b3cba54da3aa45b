import { describe, expect, test } from '@jest/globals';
import { feed, record, session, stream, verdictOf } from '../../../../gen/protocol.ts';

const compound = stream({ primaryKey: ['sym', 'day'], schema: { type: 'object', properties: { sym: {}, day: {}, n: {} } } });
const line = (data: string, key = '"1"') =>
  `{"type":"RECORD","stream":"items","key":${key},"data":${data},"emitted_at":"2026-01-01T00:00:00Z"}`;

describe('the envelope of a RECORD', () => {
  test.each([
    ['a stream outside the scope', record({ stream: 'elsewhere' }), 'record_for_undeclared_stream'],
    ['no stream', record({ stream: undefined }), 'record_for_undeclared_stream'],
    ['a stream that is no text', record({ stream: ['items'] }), 'record_for_undeclared_stream'],
    ['a name that every object has', record({ stream: 'constructor' }), 'record_for_undeclared_stream'],
    ['no key', record({ key: undefined }), 'record_key_invalid'],
    ['an empty key', record({ key: '' }), 'record_key_invalid'],
    ['a number as key', record({ key: 1 }), 'record_key_invalid'],
    ['an array as key of one field', record({ key: ['1'] }), 'record_key_invalid'],
    ['no data', record({ data: undefined }), 'record_data_invalid'],
    ['null as data', record({ data: null }), 'record_data_invalid'],
    ['an array as data', record({ data: [] }), 'record_data_invalid'],
    ['an array as data of a delete', record({ op: 'delete', data: [] }), 'record_data_invalid'],
    ['no emitted_at', record({ emitted_at: undefined }), 'record_emitted_at_invalid'],
    ['a date as emitted_at', record({ emitted_at: '2026-01-01' }), 'record_emitted_at_invalid'],
    ['emitted_at without offset', record({ emitted_at: '2026-01-01T00:00:00' }), 'record_emitted_at_invalid'],
    ['a day that no calendar has', record({ emitted_at: '2026-02-29T00:00:00Z' }), 'record_emitted_at_invalid'],
    ['a number as emitted_at', record({ emitted_at: 1_700_000_000_000 }), 'record_emitted_at_invalid'],
    ['an unknown op', record({ op: 'insert' }), 'record_op_invalid'],
    ['null as op', record({ op: null }), 'record'],
    ['an unknown member', record({ colour: 'blue' }), 'record'],
    ['an upsert', record({ op: 'upsert' }), 'record'],
    ['a delete without data', record({ op: 'delete', data: undefined }), 'record'],
    ['a delete with null as data', record({ op: 'delete', data: null }), 'record'],
  ])('[RT-2.1, RT-2.R1, PROTO-13] %s: %#', (_name, message, verdict) => {
    const run = session();
    expect(verdictOf(run, message)).toBe(verdict);
    expect(run.recordsAccepted).toBe(verdict === 'record' ? 1 : 0);
  });

  test.each([
    ['as many parts as fields', ['ACME', '2026-02-03'], 'record'],
    ['parts swapped', ['2026-02-03', 'ACME'], 'record_key_mismatch'],
    ['one string', 'ACME', 'record_key_invalid'],
    ['too few parts', ['ACME'], 'record_key_invalid'],
    ['too many parts', ['ACME', '2026-02-03', 'x'], 'record_key_invalid'],
    ['an empty part', ['ACME', ''], 'record_key_invalid'],
    ['a part that is no text', ['ACME', 3], 'record_key_invalid'],
  ])('[PROTO-13] a compound key of %s', (_name, key, verdict) => {
    const message = record({ key, data: { sym: 'ACME', day: '2026-02-03' } });
    expect(verdictOf(session({ streams: [compound] }), message)).toBe(verdict);
  });
});

describe('the identity of a RECORD', () => {
  test.each([
    ['equal text', '"1"', '{"id":"1"}', 'record'],
    ['other text', '"1"', '{"id":"2"}', 'record_key_mismatch'],
    ['a number written the same', '"42"', '{"id":42}', 'record'],
    ['a number written otherwise', '"1"', '{"id":1.0}', 'record_key_mismatch'],
    ['its source text', '"1.0"', '{"id": 1.0 }', 'record'],
    ['an integer beyond 2^53', '"9007199254740993"', '{"id":9007199254740993}', 'record'],
    ['its neighbour, which a double cannot tell apart', '"9007199254740992"', '{"id":9007199254740993}', 'record_key_mismatch'],
    ['of two equal names the last', '"2"', '{"id":1,"id":2}', 'record'],
    ['a boolean', '"true"', '{"id":true}', 'record'],
    ['null', '"null"', '{"id":null}', 'record_key_mismatch'],
    ['an absent field', '"undefined"', '{"n":1}', 'record_key_mismatch'],
    ['an object', '"[object Object]"', '{"id":{}}', 'record_key_mismatch'],
    ['an array', '"1"', '{"id":[1]}', 'record_key_mismatch'],
  ])('[PROTO-13, PROTO-9] key against %s', (_name, key, data, verdict) => {
    expect(verdictOf(session(), line(data, key))).toBe(verdict);
  });

  test.each([
    ['without the key field', { n: 1 }, 'record'],
    ['with the same key field', { id: '1' }, 'record'],
    ['with another key field', { id: '2' }, 'record_key_mismatch'],
    ['with null as key field', { id: null }, 'record_key_mismatch'],
  ])('[PROTO-13, PROTO-15] partial data of a delete %s', (_name, data, verdict) => {
    expect(verdictOf(session(), record({ op: 'delete', data }))).toBe(verdict);
  });
});

describe('what goes to storage', () => {
  test('[PROTO-9] data is the exact source text', () => {
    const data = '{ "id":"1","n":9007199254740993,"m":0.123456789012345678901234567890,"t":"\\u00e9\\/\u2028é" }';
    const [effect] = feed(session(), line(data));
    expect(effect).toEqual({
      kind: 'record',
      bytes: Buffer.byteLength(line(data)),
      record: { stream: 'items', key: '1', deleted: false, emittedAt: '2026-01-01T00:00:00Z', dataText: data },
    });
  });

  test('[PROTO-14, PROTO-15] a compound key is canonical; a delete has the data that was sent, or none', () => {
    const run = session({ streams: [compound] });
    const effects = feed(
      run,
      record({ key: ['ACME', '2026'], op: 'delete', data: undefined }),
      record({ key: ['ACME', '2026'], op: 'delete', data: { n: 1 } }),
    );
    expect(effects).toMatchObject([
      { record: { key: '["ACME","2026"]', deleted: true, dataText: null } },
      { record: { key: '["ACME","2026"]', deleted: true, dataText: '{"n":1}' } },
    ]);
  });

  test.each([
    ['NUL in a text', line('{"id":"1","text":"a\\u0000b"}')],
    ['NUL in a name', line('{"id":"1","te\\u0000xt":1}')],
    ['NUL in the key of a delete', line('{}', '"\\u0000"').replace('"data"', '"op":"delete","data"')],
    ['half a surrogate pair', line('{"id":"1","text":"\\ud83d"}')],
    ['a pair in the wrong order', line('{"id":"1","text":"\\ude00\\ud83d"}')],
    ['a number out of range', line('{"id":"1","n":1e200000}')],
    ['a key of more than 1,024 bytes', line(`{"id":"${'é'.repeat(513)}"}`, `"${'é'.repeat(513)}"`)],
  ])('[PROTO-9] %s is record_unstorable', (_name, text) => {
    expect(verdictOf(session(), text)).toBe('record_unstorable');
  });

  test.each([
    ['a whole surrogate pair', line('{"id":"1","text":"\\ud83d\\ude00"}')],
    ['an escaped backslash before u0000', line('{"id":"1","text":"\\\\u0000"}')],
    ['a number at the edge', line('{"id":"1","n":1e131071}')],
    ['a key of 1,024 bytes', line(`{"id":"${'é'.repeat(512)}"}`, `"${'é'.repeat(512)}"`)],
  ])('[PROTO-9] %s is stored', (_name, text) => {
    expect(verdictOf(session(), text)).toBe('record');
  });

  test('[RT-2.1] the violation of a record tells rules, types and lengths, never its content', () => {
    const run = session({ requested: [{ name: 'items', fields: ['n'] }] });
    feed(run, record({ data: { id: '1', hunter2name: 'hunter2value' } }));
    expect(run.violation).toEqual({
      subtype: 'record_outside_fields',
      message_type: 'RECORD',
      stream: 'items',
      expected: ['n', 'id'],
      received: 1,
    });
  });
});
