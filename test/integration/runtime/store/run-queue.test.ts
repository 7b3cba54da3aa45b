import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { openPool } from '../../../../platform/postgres/connect.ts';
import type { RunKey } from '../../../../runtime/apis/run.ts';
import { createRunQueue } from '../../../../runtime/store/postgres/queue/run-queue.ts';
import type { ClaimBounds } from '../../../../runtime/store/postgres/queue/claim-due-runs.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { fence, storeRun, type StoredRunOptions, typeSpec } from '../../../gen/stored-run.ts';

const wide: ClaimBounds = { maxRuns: 1_000, maxRunsPerNamespace: 1_000, maxRunsPerType: 1_000, startDeadlineMs: 30_000 };
const me = randomUUID();
let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool.query('truncate runs, run_attempts, connector_instances, connector_specs cascade');
});

const logged: unknown[] = [];
const log = { error: (...line: unknown[]) => void logged.push(line) };
const queue = (bounds: Partial<ClaimBounds> = {}) => createRunQueue(database.pool, { ...wide, ...bounds }, log);
const claimedIds = async (bounds: Partial<ClaimBounds> = {}, capacity = 100) =>
  (await queue(bounds).claim(me, capacity)).map(({ runId }) => runId).toSorted();
const store = (options: StoredRunOptions = {}): Promise<RunKey> => storeRun(database.pool, options);
async function storeMany(count: number, options: StoredRunOptions): Promise<string[]> {
  const keys: RunKey[] = [];
  for (let n = 0; n < count; n++) keys.push(await store({ dueAt: `now() - ${count - n} * interval '1 second'`, ...options }));
  return keys.map(({ runId }) => runId);
}

describe('claim', () => {
  it('hands out all that a run is executed with, of the revision that it was made from', async () => {
    const key = await store({ namespace: 'payments', type: 'imap', trigger: 'manual', config: { folder: '/a' } });
    await database.pool.query(`update connector_instances set config = '{"folder": "/edited"}', revision = 'r2'`);
    const [run] = await queue().claim(me, 10);
    expect(run).toEqual({
      ...key,
      namespace: 'payments',
      connectorName: `c-${key.connectorInstanceId.slice(-12)}`,
      connectorKey: 'imap',
      typeVersion: '1.0.0',
      type: JSON.parse(JSON.stringify(typeSpec())) as unknown,
      typeOrigin: { kind: 'folder', folder: '/types/test' },
      revision: 'r1',
      trigger: 'manual',
      traceId: 'trace',
      config: { folder: '/a' },
      credentials: { mode: 'none' },
      collection: { mode: 'incremental', checkpointPolicy: 'AtDone', accessMode: 'continuous' },
      execution: { runner: 'subprocess', timeoutSeconds: 3_600 },
    });
  });

  it('falls back to the instance when the revision is gone', async () => {
    await store();
    await database.pool.query(`delete from spec_revisions; `);
    await database.pool.query(`update connector_instances set config = '{"only": "there"}'`);
    await expect(queue().claim(me, 10)).resolves.toMatchObject([{ config: { only: 'there' } }]);
  });

  it('marks the run as starting with a deadline and records the attempt', async () => {
    const key = await store();
    await queue({ startDeadlineMs: 60_000 }).claim(me, 10);
    const { rows } = await database.pool.query(
      `select r.state, r.process_id, r.due_at, r.start_deadline_at between now() + interval '50 s' and now() + interval '61 s' as deadline,
              a.attempt, a.epoch, a.state as attempt_state, a.process_id as attempt_process
         from runs r join run_attempts a using (run_id) where r.run_id = $1`,
      [key.runId],
    );
    expect(rows).toEqual([
      {
        state: 'starting',
        process_id: me,
        due_at: null,
        deadline: true,
        attempt: 1,
        epoch: 1,
        attempt_state: 'starting',
        attempt_process: me,
      },
    ]);
  });

  it('goes on when a proxy has exchanged the session, and when another queue has prepared the claim in it', async () => {
    const pool = openPool(database.url, { name: 'test-proxy', max: 1 });
    try {
      const [ours, theirs] = [createRunQueue(pool, wide, log), createRunQueue(pool, wide, log)];
      const prepared = async () => (await pool.query('select name from pg_prepared_statements')).rows;
      const claims = async (queueOfPool: typeof ours): Promise<void> => {
        const { runId } = await store();
        expect(await queueOfPool.claim(me, 10)).toMatchObject([{ runId }]);
      };
      await claims(ours);
      await claims(ours);
      expect(await prepared()).toEqual([{ name: expect.stringMatching(/^claim_due_runs_/) }]);
      await pool.query('deallocate all');
      await claims(ours);
      expect(await prepared()).toEqual([]);
      await claims(theirs);
      await claims(ours);
      expect(await prepared()).toEqual([{ name: expect.stringMatching(/^claim_due_runs_/) }]);
    } finally {
      await pool.end();
    }
  });

  it('never runs the statement that another version has prepared in the session', async () => {
    const pool = openPool(database.url, { name: 'test-versions', max: 1 });
    try {
      await pool.query(
        `prepare claim_due_runs (integer, integer, integer, integer, bigint, uuid) as select 'other' as run_id where $1 > 0`,
      );
      const { runId } = await store();
      expect(await createRunQueue(pool, wide, log).claim(me, 10)).toMatchObject([{ runId }]);
      const { rows } = await pool.query<{ name: string; statement: string }>(
        `select name, statement from pg_prepared_statements where name like 'claim_due_runs_%' and name <> 'claim_due_runs'`,
      );
      const [{ name, statement } = { name: '', statement: '' }] = rows;
      const text = statement.replace(`prepare ${name}`, '');
      expect(name).toBe(`claim_due_runs_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`);
    } finally {
      await pool.end();
    }
  });

  it('hands out what can be read, and leaves what cannot to its start deadline with a word in the log', async () => {
    const [bad, good] = [await store({ type: 'unreadable' }), await store({ type: 'readable' })];
    await database.pool.query(`update connector_types set origin = 'null' where connector_key = 'unreadable'`);
    logged.length = 0;
    await expect(claimedIds()).resolves.toEqual([good.runId]);
    expect(logged).toEqual([
      [expect.objectContaining({ run: bad.runId, type: 'unreadable', kind: 'TypeError' }), expect.stringContaining('start deadline')],
    ]);
    const { rows } = await database.pool.query('select state, start_deadline_at > now() as deadline from runs where run_id = $1', [
      bad.runId,
    ]);
    expect(rows).toEqual([{ state: 'starting', deadline: true }]);
  });

  it('gives no run to two of many claimers', async () => {
    const ids = await storeMany(40, {});
    const claimers = Array.from({ length: 8 }, () => queue().claim(randomUUID(), 7));
    const claimed = (await Promise.all(claimers)).flat().map(({ runId }) => runId);
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed.toSorted()).toEqual(ids.toSorted());
  });

  it('takes the oldest first, up to its capacity', async () => {
    const ids = await storeMany(5, {});
    await expect(claimedIds({}, 2)).resolves.toEqual(ids.slice(0, 2).toSorted());
    await expect(claimedIds({}, 0)).resolves.toEqual([]);
  });

  it.each<[string, StoredRunOptions, string]>([
    ['is not due yet', { dueAt: `now() + interval '1 minute'` }, ''],
    ['is for a pod', { runner: 'pod' }, ''],
    ['is running already', { state: 'running' }, ''],
    ['has a disabled connector', {}, `update connector_instances set enabled = false`],
    ['has a paused connector', {}, `update connector_instances set status = 'paused'`],
    ['has a revoked connector', {}, `update connector_instances set status = 'revoked'`],
    ['has a deleted connector', {}, `update connector_instances set deleted_at = now()`],
    ['is to be cancelled', {}, `update runs set cancel_requested_at = now()`],
    ['lost its lease', {}, `update instance_leases set epoch = epoch + 1`],
    ['is scheduled without a schedule', { trigger: 'schedule' }, ''],
  ])('leaves a run that %s', async (_, options, change) => {
    await store(options);
    if (change !== '') await database.pool.query(change);
    await expect(claimedIds()).resolves.toEqual([]);
  });

  it.each<[string, boolean]>([
    [`suspended = false, paused_at = null`, true],
    [`suspended = true`, false],
    [`paused_at = now()`, false],
  ])('with schedules set %s, claims scheduled runs: %s', async (change, claimed) => {
    const scheduled = await store({ trigger: 'schedule' });
    const manual = await store();
    for (const { connectorInstanceId } of [scheduled, manual]) {
      await database.pool.query(`insert into schedules (connector_instance_id, schedule) values ($1, '{"every": "1m"}')`, [
        connectorInstanceId,
      ]);
    }
    await database.pool.query(`update schedules set ${change}`);
    await expect(claimedIds()).resolves.toEqual([manual.runId, ...(claimed ? [scheduled.runId] : [])].toSorted());
  });

  it('keeps to the caps over all runs, of a namespace and of a type, counting what is in flight', async () => {
    await storeMany(2, { namespace: 'a', type: 'x', state: 'running' });
    const a = await storeMany(4, { namespace: 'a', type: 'y' });
    const b = await storeMany(4, { namespace: 'b', type: 'x' });
    const c = await storeMany(1, { namespace: 'c', type: 'z' });
    await expect(claimedIds({ maxRuns: 2 })).resolves.toEqual([]);
    // a has room for one more, type x for one more, c is free.
    await expect(claimedIds({ maxRunsPerNamespace: 3, maxRunsPerType: 3 })).resolves.toEqual([a[0], b[0], c[0]].map(String).toSorted());
    await expect(claimedIds({ maxRunsPerNamespace: 3, maxRunsPerType: 3 })).resolves.toEqual([]);
    await expect(claimedIds({ maxRuns: 7 })).resolves.toHaveLength(2);
  });

  it('keeps to the caps when many claim at once', async () => {
    await storeMany(30, {});
    const claims = await Promise.all(Array.from({ length: 10 }, () => claimedIds({ maxRuns: 4 }, 2)));
    expect(claims.flat()).toHaveLength(4);
  });

  it('does not let a full namespace hide what others have due', async () => {
    await storeMany(1, { namespace: 'full', type: 'x', state: 'running' });
    await storeMany(30, { namespace: 'full', type: 'x', dueAt: `now() - interval '1 hour'` });
    const other = await store({ namespace: 'other', type: 'x' });
    await expect(claimedIds({ maxRunsPerNamespace: 1, maxRunsPerType: 3 })).resolves.toEqual([other.runId]);
  });
});

describe('waitForWork', () => {
  const never = (): AbortSignal => new AbortController().signal;

  it('resolves at a wake, also at one that came before', async () => {
    const waiting = queue();
    const first = waiting.waitForWork(3_600_000, never());
    waiting.wake();
    await first;
    waiting.wake();
    await waiting.waitForWork(3_600_000, never());
  });

  it('resolves when the next run is due, and at the abort', async () => {
    await store({ dueAt: `now() + interval '200 milliseconds'` });
    await queue().waitForWork(3_600_000, never());
    await expect(claimedIds()).resolves.toHaveLength(1);
    const stop = new AbortController();
    const waiting = queue().waitForWork(3_600_000, stop.signal);
    stop.abort();
    await waiting;
  });

  it('pauses while a due run cannot be claimed, instead of spinning', async () => {
    await store();
    const startedMs = performance.now();
    await queue().waitForWork(3_600_000, never());
    expect(performance.now() - startedMs).toBeGreaterThan(400);
  });
});

describe('readControl', () => {
  it('tells cancels and lost leases of this process, and nothing of the rest', async () => {
    const running = { state: 'running', processId: me } as const;
    const [fine, cancelled, fenced, taken] = [await store(running), await store(running), await store(running), await store(running)];
    await database.pool.query('update runs set cancel_requested_at = now() where run_id = any ($1)', [[cancelled.runId, fenced.runId]]);
    await fence(database.pool, fenced);
    await database.pool.query('update runs set process_id = $1 where run_id = $2', [randomUUID(), taken.runId]);
    const told = await queue().readControl(me, [fine, cancelled, fenced, taken]);
    expect(new Map(told.map(({ runId, signal }) => [runId, signal]))).toEqual(
      new Map([
        [cancelled.runId, 'cancel'],
        [fenced.runId, 'lost'],
        [taken.runId, 'lost'],
      ]),
    );
    await expect(queue().readControl(me, [])).resolves.toEqual([]);
  });

  it('calls a run lost whose instance is gone', async () => {
    const key = await store({ state: 'running', processId: me });
    await database.pool.query('delete from connector_instances');
    await expect(queue().readControl(me, [key])).resolves.toEqual([{ runId: key.runId, signal: 'lost' }]);
  });
});
