import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import type { RanRun } from '../../../gen/executable-run.ts';
import { type Executor, openExecutor, type RunRequest } from '../../../gen/executor.ts';
import { record } from '../../../gen/protocol.ts';

// Each case of the table of protocol A5, and of the pairings of A13, with real processes.
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
const done = { type: 'DONE', status: 'succeeded', records_emitted: 1 };
const collected = [record(), state, done];

/** Ends of a run that leave no process and commit nothing. */
function expectNothingLeft(ran: RanRun): void {
  expect(ran.alive).toEqual([]);
  expect(ran.cursors).toEqual({});
  expect(ran.checkpoint).toMatchObject({ committed: 0, commit_status: 'not_committed' });
}

describe('a run that ends well', () => {
  test('[RT-3.1, PROTO-31, RT-4.5] stores records and cursor, and says so', async () => {
    const ran = await executor.run({ output: collected });
    expect(ran.row).toMatchObject({ state: 'succeeded', reason: null, records_emitted: 1 });
    expect(ran.checkpoint).toMatchObject({ commit_status: 'committed', staged: 1, committed: 1 });
    expect(ran.records).toEqual([{ stream: 'items', key: '1', data: '{"id":"1"}', deleted: false }]);
    expect(ran.cursors).toEqual({ items: '{"at":1}' });
    expect(ran.events.map(({ type }) => type)).toEqual(['run.started', 'run.state_staged', 'run.state_committed', 'run.completed']);
    expect(ran.alive).toEqual([]);
  });

  test('[PROTO-8] a last line without line feed counts', async () => {
    const ran = await executor.run({ output: collected.map((message) => JSON.stringify(message)).join('\n') });
    expect(ran.row.state).toBe('succeeded');
  });
});

const endings: readonly [title: string, request: RunRequest, expected: { reason: string; violation?: string; message?: RegExp }][] = [
  [
    'a line that is too long',
    { script: 'read start; head -c 17000000 /dev/zero | tr "\\0" x; echo; sleep 60' },
    { reason: 'connector_protocol_violation', violation: 'line_too_long' },
  ],
  [
    'JSON that is too deep',
    { output: [`{"type":"RECORD","x":${'['.repeat(70)}${']'.repeat(70)}}`] },
    { reason: 'connector_protocol_violation', violation: 'json_too_deep' },
  ],
  [
    'a cursor that is too large',
    { output: [{ ...state, cursor: { a: 'x'.repeat(1_100_000) } }] },
    { reason: 'connector_protocol_violation', violation: 'cursor_too_large' },
  ],
  ['bytes that are no UTF-8', { output: Buffer.from([0xff, 0x0a]) }, { reason: 'connector_protocol_violation', violation: 'invalid_utf8' }],
  ['a line that is no JSON', { output: 'what\n' }, { reason: 'connector_protocol_violation', violation: 'invalid_json_line' }],
  ['an array', { output: '[1]\n' }, { reason: 'connector_protocol_violation', violation: 'not_an_object' }],
  [
    'a type that nobody knows',
    { output: [{ type: 'HELLO' }] },
    { reason: 'connector_protocol_violation', violation: 'unknown_message_type' },
  ],
  [
    'a START that is never taken, when it is larger than what a pipe holds',
    {
      script: 'exec sleep 60',
      spec: {
        collection: { streams: [{ name: 'items', resources: Array.from({ length: 20_000 }, (_, n) => `key-${n}-${'x'.repeat(20)}`) }] },
      },
    },
    { reason: 'start_not_read' },
  ],
  ['an end without DONE', { output: [record()] }, { reason: 'connector_exit_without_done', message: /exit code 0/ }],
  ['a death before DONE', { script: 'read start; kill -9 $$' }, { reason: 'connector_exit_without_done', message: /signal SIGKILL/ }],
  ['stdout closed while it lives on', { script: 'read start; exec 1>&-; sleep 60' }, { reason: 'connector_stdout_closed' }],
  [
    'bytes at the end that do not parse',
    { output: '{"type":"REC' },
    { reason: 'connector_protocol_violation', violation: 'invalid_json_line' },
  ],
  ['alive after DONE', { output: collected, script: 'read start; cat "$OUT"; sleep 60' }, { reason: 'connector_exit_timeout' }],
  [
    'a descendant that holds stdout',
    { output: collected, script: 'read start; cat "$OUT"; setsid sleep 60 & exit 0' },
    { reason: 'stdout_held' },
  ],
  [
    'a message after DONE',
    { output: [...collected, record({ key: '2', data: { id: '2' } })] },
    { reason: 'connector_protocol_violation', violation: 'message_after_done' },
  ],
  [
    'broken text after DONE',
    { output: [...collected, 'oops'] },
    { reason: 'connector_protocol_violation', violation: 'message_after_done' },
  ],
  ['a second DONE', { output: [...collected, done] }, { reason: 'connector_protocol_violation', violation: 'message_after_done' }],
  [
    'DONE succeeded with exit code 1',
    { output: collected, script: 'read start; cat "$OUT"; exit 1' },
    { reason: 'connector_protocol_violation', violation: 'exit_code_mismatch' },
  ],
  [
    'DONE succeeded and death by signal',
    { output: collected, script: 'read start; cat "$OUT"; kill -9 $$' },
    { reason: 'connector_protocol_violation', violation: 'exit_code_mismatch' },
  ],
  [
    'DONE failed with exit code 0',
    { output: [{ ...done, status: 'failed', records_emitted: 0 }] },
    { reason: 'connector_protocol_violation', violation: 'exit_code_mismatch' },
  ],
  [
    'a count that is one too low',
    { output: [record(), state, { ...done, records_emitted: 0 }] },
    { reason: 'connector_protocol_violation', violation: 'records_emitted_mismatch' },
  ],
  [
    'a count that is one too high',
    { output: [record(), state, { ...done, records_emitted: 2 }] },
    { reason: 'connector_protocol_violation', violation: 'records_emitted_mismatch' },
  ],
  [
    'DONE failed',
    {
      output: [{ ...done, status: 'failed', records_emitted: 0, error: { message: 'no access', code: 'login', retryable: false } }],
      script: 'read start; cat "$OUT"; exit 3',
    },
    { reason: 'connector_reported_failed', message: /no access/ },
  ],
];

describe('an ending that is no success', () => {
  test.each(endings)('[PROTO-12, PROTO-8, PROTO-30, RT-3.4, RT-2.4] %s', async (_title, request, expected) => {
    const ran = await executor.run(request);
    expect({ state: ran.row.state, reason: ran.row.reason, violation: ran.violation, message: ran.row.message }).toEqual({
      state: 'failed',
      reason: expected.reason,
      violation: expected.violation,
      message: expected.message === undefined ? expect.any(String) : expect.stringMatching(expected.message),
    });
    expectNothingLeft(ran);
    expect(ran.terminal).toMatchObject({ terminal_reason: expected.reason });
    expect(ran.events.filter(({ type }) => type === 'run.state_committed')).toEqual([]);
  });

  test('[PROTO-12, PROTO-4] output before START', async () => {
    const { sandbox, journal } = executor.parts;
    let spoken: Promise<unknown> = Promise.resolve();
    const ran = await executor.run({
      output: collected,
      script: 'cat "$OUT"; exec sleep 60',
      parts: {
        sandbox: {
          ...sandbox,
          launch: async (spec) => {
            const child = await sandbox.launch(spec);
            spoken = once(child.stdout, 'readable');
            return child;
          },
        },
        journal: {
          ...journal,
          begin: async (key, event) => {
            await spoken;
            await journal.begin(key, event);
          },
        },
      },
    });
    expect(ran.row).toMatchObject({ state: 'failed', reason: 'connector_protocol_violation' });
    expect(ran.violation).toBe('output_before_start');
    expect(ran.records).toEqual([]);
    expectNothingLeft(ran);
  });
});
