import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { IngestBudget } from '../../../../runtime/ingest/budget.ts';
import { Ingest } from '../../../../runtime/ingest/ingest.ts';
import type { RunParts } from '../../../../runtime/run/run-parts.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { type Executor, openExecutor, type RunRequest } from '../../../gen/executor.ts';
import { record, stream } from '../../../gen/protocol.ts';

// One offending message after a good record and a good cursor: the run fails, and the message has had no effect.
let database: TestDatabase;
let executor: Executor;
beforeAll(async () => {
  database = await createDatabase();
  executor = await openExecutor(database.url);
});
afterAll(async () => {
  await executor.close();
  await database.drop();
});

const state = { type: 'STATE', stream: 'items', cursor: { at: 1 } };
const bad = (mods: Record<string, unknown>) => record({ key: 'bad', data: { id: 'bad' }, ...mods });
const compound = { streams: [stream({ primaryKey: ['sym', 'day'] })] };
const scope = (narrowed: Record<string, unknown>) =>
  ({ collection: { streams: [{ name: 'items', ...narrowed }] } }) as NonNullable<RunRequest['spec']>;

const cases: readonly [title: string, message: object | string, subtype: string, request?: RunRequest][] = [
  ['[RT-2.1] a record of an undeclared stream', bad({ stream: 'other' }), 'record_for_undeclared_stream'],
  ['[RT-2.1, PROTO-15] a record outside resources', bad({}), 'record_outside_resources', { spec: scope({ resources: ['1'] }) }],
  [
    '[RT-2.1, PROTO-15] a record outside fields',
    bad({ data: { id: 'bad', n: 1 } }),
    'record_outside_fields',
    { spec: scope({ fields: ['id'] }) },
  ],
  [
    '[RT-2.1] a record outside the time range',
    bad({ data: { id: 'bad', at: '2025-01-01T00:00:00Z' } }),
    'record_outside_time_range',
    { spec: scope({ timeRange: { since: '2026-01-01' } }) },
  ],
  ['[PROTO-13] an empty key', bad({ key: '' }), 'record_key_invalid'],
  ['[PROTO-13] a key of the wrong shape', bad({ key: ['bad'] }), 'record_key_invalid'],
  ['[PROTO-13] a key that is not that of the data', bad({ data: { id: 'else' } }), 'record_key_mismatch'],
  [
    '[PROTO-13] parts of a key swapped',
    bad({ key: ['2026-02-03', 'ACME'], data: { sym: 'ACME', day: '2026-02-03' } }),
    'record_key_mismatch',
    { type: compound },
  ],
  ['[PROTO-13] data that is no object', bad({ data: [1] }), 'record_data_invalid'],
  ['[PROTO-13] a time that is none', bad({ emitted_at: 'yesterday' }), 'record_emitted_at_invalid'],
  ['[PROTO-13] an operation that nobody knows', bad({ op: 'merge' }), 'record_op_invalid'],
  [
    '[PROTO-8] NUL',
    '{"type":"RECORD","stream":"items","key":"bad","data":{"id":"bad","text":"a\\u0000b"},"emitted_at":"2026-01-01T00:00:00Z"}',
    'record_unstorable',
  ],
  [
    '[PROTO-8] a lone surrogate',
    '{"type":"RECORD","stream":"items","key":"bad","data":{"id":"bad","text":"\\ud800"},"emitted_at":"2026-01-01T00:00:00Z"}',
    'record_unstorable',
  ],
  [
    '[PROTO-9] a number that no numeric holds',
    '{"type":"RECORD","stream":"items","key":"bad","data":{"id":"bad","n":1e999999},"emitted_at":"2026-01-01T00:00:00Z"}',
    'record_unstorable',
  ],
  ['[PROTO-8] a key beyond the index', bad({ key: 'k'.repeat(2_000), data: { id: 'k'.repeat(2_000) } }), 'record_unstorable'],
  ['[RT-2.2, PROTO-17] a cursor of an undeclared stream', { ...state, stream: 'other' }, 'state_for_undeclared_stream'],
  ['[RT-2.2, PROTO-17] a cursor that is text', { ...state, cursor: 'x' }, 'state_cursor_invalid'],
  ['[RT-2.2, PROTO-17] a cursor that is a number', { ...state, cursor: 1 }, 'state_cursor_invalid'],
  ['[RT-2.2, PROTO-17] a cursor that is an array', { ...state, cursor: [] }, 'state_cursor_invalid'],
  ['[RT-2.2, PROTO-17] no cursor', { type: 'STATE', stream: 'items' }, 'state_cursor_invalid'],
  [
    '[RT-2.3, PROTO-24] progress of an undeclared stream',
    { type: 'PROGRESS', message: 'm', stream: 'other' },
    'progress_for_undeclared_stream',
  ],
  ['[PROTO-24] progress without a message', { type: 'PROGRESS', message: '' }, 'progress_invalid'],
  ['[RT-2.3, PROTO-24] a skip of an undeclared stream', { type: 'SKIP_RESULT', stream: 'other' }, 'skip_result_for_undeclared_stream'],
  ['[PROTO-24] a skip with an unknown hint', { type: 'SKIP_RESULT', stream: 'items', recovery_hint: 'pray' }, 'recovery_hint_invalid'],
];

describe('a violation', () => {
  // Filled up to four: a function that takes more than its row has is given a callback to call.
  const rows = cases.map(([title, message, subtype, request]) => [title, message, subtype, request ?? {}] as const);
  test.each(rows)('[RT-2.R1] by %s has no effect but the end of the run', async (_title, message, subtype, request) => {
    const first =
      request.type === compound
        ? []
        : [record({ data: { id: '1', ...(subtype === 'record_outside_time_range' ? { at: '2026-05-05' } : {}) } }), state];
    const ran = await executor.run({
      ...request,
      output: [...first, message, { type: 'PROGRESS', message: 'after' }],
      script: 'read start; cat "$OUT"; exec sleep 60',
    });
    expect(ran.row).toMatchObject({
      state: 'failed',
      reason: 'connector_protocol_violation',
      failure_class: 'permanent',
      records_emitted: first.length === 0 ? 0 : 1,
    });
    expect(ran.violation).toBe(subtype);
    expect(ran.terminal).toMatchObject({ violation: { subtype }, terminal_reason: 'connector_protocol_violation' });
    expect(ran.records.map(({ key }) => key)).not.toContain('bad');
    expect(ran.cursors).toEqual({});
    expect(ran.gaps).toEqual([]);
    expect(ran.events.map(({ type }) => type)).not.toContain('run.progress_reported');
    expect(ran.events.map(({ type }) => type)).not.toContain('run.stream_skipped');
    expect(ran.alive).toEqual([]);
  });

  test('[RT-2.R1] drops and counts what no flush had taken, and keeps what was flushed', async () => {
    const many = Array.from({ length: 150 }, (_, n) => record({ key: `k${n}`, data: { id: `k${n}` } }));
    // 100 close a batch, which a flush takes at once; 50 wait for one that never comes.
    const limits = { maxRows: 100, maxBytes: 2 ** 20, maxDelayMs: 60_000 };
    const openIngest: RunParts['openIngest'] = (key) => new Ingest({ sink: executor.sink, budget: new IngestBudget(2 ** 24), key, limits });
    const ran = await executor.run({ output: [...many, 'broken'], parts: { openIngest } });
    expect(ran.violation).toBe('invalid_json_line');
    expect(ran.terminal['buffered_records_dropped']).toBe(50);
    expect(ran.records).toHaveLength(100);
  });

  test('[PROTO-17] none: null clears a stored cursor', async () => {
    const done = { type: 'DONE', status: 'succeeded', records_emitted: 0 };
    const first = await executor.run({ output: [state, done] });
    expect(first.cursors).toEqual({ items: '{"at":1}' });
    const second = await executor.run({ output: [{ ...state, cursor: null }, done], instance: first.key.connectorInstanceId });
    expect(second.cursors).toEqual({});
    expect(second.checkpoint).toMatchObject({ commit_status: 'committed', staged: 1, committed: 1 });
  });
});

describe('what is sent exactly', () => {
  const big = '{"id":"1","n":9007199254740993,"text":"a\u2028b é 😀","at":0.123456789012345678901234567890,"tags":[1.0,1e2]}';
  const cursor = '{"n":9007199254740993, "d":0.123456789012345678901234567890,"t":"\u2028"}';
  const lines = [
    `{"type":"RECORD","stream":"items","key":"1","data":${big},"emitted_at":"2026-01-01T00:00:00Z"}`,
    `{"type":"STATE","stream":"items","cursor":${cursor}}`,
    '{"type":"DONE","status":"succeeded","records_emitted":1}',
  ];

  test.each([
    ['whole', 'read start; cat "$OUT"'],
    // Byte by byte, so that every character of several bytes is split between reads.
    ['in single bytes', 'read start; dd if="$OUT" bs=1 2>/dev/null'],
    ['with CRLF', `read start; sed 's/$/\\r/' "$OUT"`],
  ])('[PROTO-8, PROTO-9] %s comes back byte for byte', async (_title, script) => {
    const ran = await executor.run({ output: lines, script });
    expect(ran.row).toMatchObject({ state: 'succeeded', message: null });
    expect(ran.records.map(({ data }) => data)).toEqual([big]);
    expect(ran.cursors).toEqual({ items: cursor });
    const staged = ran.events.find(({ type }) => type === 'run.state_staged');
    expect(staged?.data['cursor']).toEqual({ n: '9007199254740993', d: '0.123456789012345678901234567890', t: '\u2028' });
  });
});
