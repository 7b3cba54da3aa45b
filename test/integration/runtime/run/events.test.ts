import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import type { RanRun } from '../../../gen/executable-run.ts';
import { type Executor, openExecutor, type RunRequest } from '../../../gen/executor.ts';
import { record } from '../../../gen/protocol.ts';

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

const done = { type: 'DONE', status: 'succeeded', records_emitted: 0 };
const of = (ran: RanRun, type: string) => ran.events.filter((event) => event.type === type).map(({ data }) => data);

describe('the timeline', () => {
  test('[RT-4.1, RT-4.3, RT-4.4, PROTO-24, PROTO-35] tells what was sent, and only that', async () => {
    const hint = { action: 'refresh_credentials', retryable: false };
    const output = [
      { type: 'PROGRESS', message: 'half', stream: 'items', count: 5, total: 10 },
      { type: 'SKIP_RESULT', stream: 'items', reason: 'scope_not_supported', message: 'm'.repeat(300), recovery_hint: hint },
      done,
    ];
    const ran = await executor.run({ output });
    expect(of(ran, 'run.started')).toMatchObject([
      {
        source: { connector_key: expect.any(String), version: '1.0.0', revision: 'r1' },
        collection_mode: 'incremental',
        streams: ['items'],
        bindings: ['network', 'filesystem'],
        state_commit_intent: true,
      },
    ]);
    expect(of(ran, 'run.progress_reported')).toEqual([{ message: 'half', stream: 'items', count: 5, total: 10 }]);
    const gap = { reason: 'scope_not_supported', scope: { stream: 'items' }, message: `${'m'.repeat(199)}…`, recovery_hint: hint };
    expect(of(ran, 'run.stream_skipped')).toEqual([gap]);
    expect(ran.gaps).toEqual([gap]);
    expect(ran.terminal).toMatchObject({
      state: 'succeeded',
      checkpoint_status: 'committed',
      states_staged: 0,
      states_committed: 0,
      records_emitted: 0,
      known_gaps: [gap],
    });
  });

  test('[RT-4.3] has a minimal progress as it was sent', async () => {
    const ran = await executor.run({ output: [{ type: 'PROGRESS', message: 'm' }, done] });
    expect(of(ran, 'run.progress_reported')).toEqual([{ message: 'm' }]);
  });

  test('[PROTO-12] keeps the first and the newest of a flood of progress, and at most ten a second', async () => {
    const flood = Array.from({ length: 5_000 }, (_, count) => ({ type: 'PROGRESS', message: 'm', count }));
    const ran = await executor.run({ output: [...flood, done] });
    const counts = of(ran, 'run.progress_reported').map((data) => data['count']);
    expect(counts[0]).toBe(0);
    expect(counts.at(-1)).toBe(4_999);
    expect(counts.length).toBeLessThan(100);
  });

  test('[PROTO-12] bounds known gaps and counts the rest', async () => {
    const skips = Array.from({ length: 60 }, (_, n) => ({ type: 'SKIP_RESULT', reason: `r${n}` }));
    const ran = await executor.run({ output: [...skips, done] });
    expect(ran.gaps).toHaveLength(50);
    expect(ran.terminal['known_gaps_omitted']).toBe(10);
  });

  test('[RT-4.5, PROTO-35] has exactly one terminal event for each ending', async () => {
    const exit = 'read start; cat "$OUT"; exit 1';
    const failed = {
      ...done,
      status: 'failed',
      error: { message: 'the door is shut', code: 'shut', retryable: false, recovery_hint: 'upstream_unblock' },
    };
    const endings = [
      await executor.run({ output: [done] }),
      await executor.run({ output: [failed], script: exit }),
      await executor.run({ output: [{ ...done, status: 'cancelled' }], script: exit }),
      await executor.run({ output: ['broken'] }),
    ];
    const facts = ['state', 'checkpoint_status', 'records_emitted', 'states_staged', 'states_committed', 'known_gaps'];
    for (const ran of endings) for (const fact of facts) expect(ran.terminal).toHaveProperty(fact);
    expect(endings.map(({ terminal }) => terminal['terminal_reason'])).toEqual([
      undefined,
      'connector_reported_failed',
      'connector_reported_cancelled',
      'connector_protocol_violation',
    ]);
    const error = { message: 'the door is shut', code: 'shut', retryable: false, recovery_hint: { action: 'upstream_unblock' } };
    expect(endings[1]?.terminal['connector_error']).toMatchObject(error);
    expect(endings[1]?.row['connector_error']).toMatchObject(error);
  });

  test('tells records that do not fit the schema of their stream, as a gap', async () => {
    const schema = { type: 'object', required: ['id'], properties: { id: { type: 'string' }, n: { type: 'integer' } } };
    const type = { streams: [{ name: 'items', semantics: 'mutable_state' as const, primaryKey: ['id'], schema }] };
    const rows = [1, 'x', 2, null].map((n, at) => record({ key: `${at}`, data: { id: `${at}`, n } }));
    const ran = await executor.run({ type, output: [...rows, { ...done, records_emitted: 4 }] });
    expect(ran.row.state).toBe('succeeded');
    expect(ran.records).toHaveLength(4);
    const details = { sampled: 4, mismatched: 2, places: ['/n: type'] };
    expect(ran.gaps).toMatchObject([{ reason: 'record_schema_mismatch', scope: { stream: 'items' }, details }]);
  });
});

describe('a secret', () => {
  const canary = 'canary-7f3a"91/c+ü';
  const forms = [
    canary,
    Buffer.from(canary).toString('base64'),
    Buffer.from(`x${canary}y`).toString('base64'),
    encodeURIComponent(canary),
    JSON.stringify(canary).slice(1, -1),
  ];
  const auth = { kind: 'static_secret' as const, fields: [{ name: 'token', env: 'TOKEN' }] };
  const keys = { token: 'CONNECTOR_SECRET_TOKEN' };
  const spec: NonNullable<RunRequest['spec']> = { credentials: { mode: 'secretRef', secretRef: { provider: 'env', name: 'app', keys } } };
  const told = forms.join(' and ');
  const texts: readonly [title: string, output: readonly object[]][] = [
    ['PROGRESS', [{ type: 'PROGRESS', message: told }]],
    [
      'SKIP_RESULT',
      [
        {
          type: 'SKIP_RESULT',
          stream: 'items',
          reason: told,
          message: told,
          continuation: { boundary: told, slice_start: 0, slice_end: 1, considered: 1, covered: 1, remaining: true, owner: 'runtime' },
        },
      ],
    ],
    ['DONE.error', [{ type: 'DONE', status: 'failed', records_emitted: 0, error: { message: told, retryable: false } }]],
    ['an unknown type', [{ type: told }]],
    ['an undeclared stream', [{ type: 'STATE', stream: told, cursor: null }]],
    ['a record that is refused', [record({ key: told, data: { id: told, text: told, wrong: told }, emitted_at: told })]],
    ['a line that does not parse', [{ type: 'PROGRESS', message: 'then' }]],
  ];

  test.each(texts)('[PROTO-36] told through %s and stderr, in all its forms, is found nowhere', async (title, output) => {
    const script = 'read start; cat "$OUT"; cat "$OUT" >&2; printf "%s" "$TOKEN" >&2; exit 1';
    const ran = await executor.run({
      output: title === 'a line that does not parse' ? [...output, told] : output,
      script,
      type: { auth },
      spec,
    });
    expect(ran.row.state).toBe('failed');
    const everything = JSON.stringify(ran) + JSON.stringify(executor.logged);
    for (const form of forms) {
      expect(everything).not.toContain(form);
      expect(everything).not.toContain(JSON.stringify(form).slice(1, -1));
    }
  });

  test.each(forms.map((form) => [form.length, form] as const))(
    '[PROTO-36] in a cursor is a violation (form of %d characters)',
    async (_length, form) => {
      const output = [{ type: 'STATE', stream: 'items', cursor: { token: `before ${form} after` } }, done];
      const ran = await executor.run({ output, type: { auth }, spec });
      expect(ran.violation).toBe('secret_in_state');
      expect(JSON.stringify(ran)).not.toContain(JSON.stringify(form).slice(1, -1));
    },
  );
});
