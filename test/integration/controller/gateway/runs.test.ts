import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connector, connectorType, withSpec } from '../../../gen/documents.ts';
import { type Json, type RunningController, runningController } from '../../../gen/running-controller.ts';

let api: RunningController;
beforeAll(async () => {
  api = await runningController([connectorType('counter')]);
});
afterAll(() => api.stop());

const path = (name: string, tail = '') => `/v1/namespaces/default/connectors/${name}${tail}`;
const post = (name: string, tail: string, body: unknown = {}, headers = {}) => api.ask('POST', path(name, tail), { body, headers });
const runsOf = async (name: string): Promise<Json[]> => (await api.ask('GET', path(name, '/runs'))).body.items;
async function ready(name: string, ...mods: Parameters<typeof connector>[1][]): Promise<string> {
  await api.ask('POST', '/v1/specs:apply', { body: connector(name, ...mods) });
  const { body } = await api.until(path(name), (answer) => answer.body.status?.observedGeneration === 1);
  return body.status.instanceId;
}

describe('runs', () => {
  it('[CI-30.1] start for the one connector that was asked for', async () => {
    await Promise.all([ready('asked'), ready('idle')]);
    const { status, body } = await post('asked', '/run');
    expect(status).toBe(200);
    expect(body.trace_id).toMatch(/^[0-9a-f]{32}$/);
    expect(await runsOf('asked')).toMatchObject([{ id: body.run_id, state: 'pending', trigger: 'manual', attempt: 1 }]);
    expect(await runsOf('idle')).toEqual([]);
  });

  it('[RT-6.2] answer run_already_active with the id of the active run, and start no second one', async () => {
    await ready('busy');
    const { run_id } = (await post('busy', '/run')).body;
    const again = await post('busy', '/run');
    expect(again).toMatchObject({ status: 409, body: { error: { reason: 'run_already_active', details: { run_id } } } });
    expect(again.body.error.message).toContain(run_id);
    expect(await runsOf('busy')).toHaveLength(1);
    const audit = (await api.ask('GET', path('busy', '/audit'))).body.items.filter((event: Json) => event.action === 'connector.run.start');
    expect(audit.map(({ outcome, reason }: Json) => [outcome, reason])).toEqual([
      ['refused', 'run_already_active'],
      ['accepted', null],
      ['carried_out', null],
      ['accepted', null],
    ]);
    const told = await api.ctl('run', 'busy');
    expect([told.code, told.stdout]).toEqual([1, '']);
    expect(told.stderr).toContain(`run_already_active: run ${run_id}`);
  });

  it('are cancelled by id or as the active one; a second cancel says that it is over', async () => {
    await ready('stopped');
    const { run_id } = (await post('stopped', '/run')).body;
    expect((await post('stopped', '/cancel')).body).toEqual({ run_id, result: 'cancelled' });
    expect(await post('stopped', `/runs/${run_id}/cancel`)).toMatchObject({ status: 409, body: { error: { reason: 'RunFinished' } } });
    expect(await post('stopped', '/cancel')).toMatchObject({ status: 404, body: { error: { reason: 'NotFound' } } });
    expect(await post('stopped', `/runs/${run_id}/replay`)).toMatchObject({ status: 409, body: { error: { reason: 'NotDeadLettered' } } });
    expect((await api.ask('GET', path('stopped', '/runs/newest'))).body).toMatchObject({ id: run_id, state: 'cancelled' });
  });

  it('answer at once when they are over, and a waiting question as soon as they are', async () => {
    await ready('awaited');
    const { run_id } = (await post('awaited', '/run')).body;
    expect((await api.ask('GET', path('awaited', `/runs/${run_id}?wait_seconds=1`))).body.state).toBe('pending');
    const waiting = api.ask('GET', path('awaited', `/runs/${run_id}?wait_seconds=60`));
    await post('awaited', '/cancel');
    expect((await waiting).body.state).toBe('cancelled');
    expect((await api.ask('GET', path('awaited', `/runs/${run_id}?wait_seconds=60`))).body.state).toBe('cancelled');
  });

  it('start once for a repeated request with one key', async () => {
    await ready('keyed');
    const key = { 'idempotency-key': 'run-1' };
    const first = await post('keyed', '/run', {}, key);
    expect((await post('keyed', '/run', {}, key)).body).toEqual(first.body);
    expect(await runsOf('keyed')).toHaveLength(1);
  });

  it('page newest first, with events, attempts and an empty log; what is no run is not found', async () => {
    await ready('paged');
    const ids: string[] = [];
    for (let at = 0; at < 3; at += 1) {
      ids.unshift((await post('paged', '/run')).body.run_id);
      await post('paged', '/cancel');
    }
    const first = (await api.ask('GET', path('paged', '/runs?limit=2'))).body;
    expect(first.items.map((run: Json) => run.id)).toEqual(ids.slice(0, 2));
    const second = (await api.ask('GET', path('paged', `/runs?limit=2&continue=${first.metadata.continue}`))).body;
    expect([second.items.map((run: Json) => run.id), second.metadata]).toEqual([ids.slice(2), {}]);
    const events = (await api.ask('GET', path('paged', '/runs/newest/events'))).body.items;
    expect(events.at(-1)).toMatchObject({ type: 'run.failed' });
    expect((await api.ask('GET', path('paged', `/runs/newest/events?after=${events.at(-1).seq}`))).body.items).toEqual([]);
    expect((await api.ask('GET', path('paged', '/runs/newest/attempts'))).body.items).toEqual([]);
    expect((await api.ask('GET', path('paged', '/runs/newest/log'))).body).toMatchObject({ run_id: ids[0], log: '', bytes_observed: 0 });
    for (const tail of ['/runs/nonsense', '/runs/0191f000-0000-7000-8000-000000000000', '/runs/nonsense/log'])
      expect((await api.ask('GET', path('paged', tail))).body.error.reason).toBe('NotFound');
    expect((await api.ask('GET', path('paged', '/runs?continue=x'))).body.error.reason).toBe('RequestInvalid');
    await ready('unrun');
    expect((await api.ask('GET', path('unrun', '/runs/newest'))).body.error.message).toContain('run of unrun yet');
  });

  it('are refused for a disabled connector, with why', async () => {
    await ready('off', withSpec({ enabled: false }));
    const { status, body } = await post('off', '/run');
    expect([status, body.error.reason]).toEqual([409, 'RunRefused']);
    expect(body.error.message).toMatch(/disabled|not enabled/);
  });
});

describe('records', () => {
  it('come byte for byte as they were sent, one line each, in key order, through API and command', async () => {
    const instance = await ready('kept');
    const data = [
      '{"id":"1","n":12345678901234567890}',
      '{"id":"2","n":0.10000000000000000000001}',
      '{"id":"3","s":"a\u2028b\\u0041 é 𝄞", "spaced" : 1}',
    ];
    await insertRecords(
      instance,
      data.map((text, at) => [String(at + 1), text]),
    );
    const { text, headers } = await api.ask('GET', path('kept', '/records?stream=items'));
    expect(headers.get('content-type')).toContain('application/jsonl');
    const lines = text.split('\n').slice(0, -1);
    expect(lines.map((line) => line.replace(/^\{"key":"\d+","data":(.*),"version":\d+,"emittedAt":"[^"]+"\}$/su, '$1'))).toEqual(data);
    expect((await api.ctl('records', 'kept', '--stream', 'items', '-o', 'jsonl')).stdout).toBe(text);
    expect((await api.ctl('records', 'kept', '--stream', 'items', '--count')).stdout).toBe('3\n');
    expect((await api.ctl('records', 'kept', '--stream', 'items', '--limit', '1')).stdout).toBe(`${lines[0]}\n`);
    expect((await api.ask('GET', path('kept', '/records?stream=items&after=2'))).text).toBe(`${lines[2]}\n`);
    expect((await api.ask('GET', path('kept', '/streams'))).body.items).toEqual([{ name: 'items', records: 3 }]);
    expect((await api.ask('GET', path('kept', '/records'))).body.error).toMatchObject({ reason: 'RequestInvalid' });
  });

  it('come whole over many pages, also exactly at the end of one', async () => {
    const instance = await ready('long');
    await insertRecords(
      instance,
      Array.from({ length: 2_000 }, (_, at) => [String(at).padStart(5, '0'), `{"n":${at}}`]),
    );
    for (const [query, expected] of [
      ['', 2_000],
      ['&limit=1000', 1_000],
      ['&limit=1500', 1_500],
    ] as const) {
      const { text } = await api.ask('GET', path('long', `/records?stream=items${query}`));
      const keys = text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { key: string }).key);
      expect([keys.length, new Set(keys).size, keys.at(-1)]).toEqual([expected, expected, String(expected - 1).padStart(5, '0')]);
    }
  });
});

async function insertRecords(instance: string, records: string[][]): Promise<void> {
  await api.database.pool.query(
    `insert into records (connector_instance_id, stream, key, data, version, emitted_at)
     select $1, 'items', r.key, r.data::json, row_number() over (), now()
     from unnest($2::text[], $3::text[]) as r(key, data)`,
    [instance, records.map(([key]) => key), records.map(([, data]) => data)],
  );
}
