import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { LostProcess } from '../../../controller/dispatch/lost-processes.ts';
import { startRun } from '../../../controller/dispatch/start-run.ts';
import { createTakeover } from '../../../controller/dispatch/takeover.ts';
import { databaseOf } from '../../../controller/store/database.ts';
import { createLostRuns } from '../../../controller/store/runs/lost-runs.ts';
import { createRunReader } from '../../../controller/store/runs/read-runs.ts';
import { createRunControls } from '../../../controller/store/runs/run-controls.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createLog } from '../../../platform/log.ts';
import { openPool } from '../../../platform/postgres/connect.ts';
import { createDatabase, type TestDatabase } from '../../database.ts';
import { claimRun, ids, type InstanceOptions, insertInstance, insertProcess, leaseOf, runsOf } from '../../gen/connector-rows.ts';

const log = createLog({ role: 'test', clock: systemClock, level: 'silent' });
const scheduled: InstanceOptions = { schedule: { every: '1h' }, due: null };
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() => database.pool.query('truncate runs, run_events, run_attempts, process_beats'));
afterAll(() => database.drop());

/** A pass of a controller that has just started. */
async function takeOver(lost: LostProcess[] = []): Promise<void> {
  const runs = createLostRuns(databaseOf(database.pool));
  await createTakeover({ runs, lostProcesses: async () => lost, maxRetries: 5, clock: systemClock, log })();
}

/** A run in flight at a process that beats. */
async function running(
  options: InstanceOptions & { trigger?: 'schedule' | 'manual'; state?: 'starting' | 'running' } = {},
): Promise<{ id: string; runId: string; processId: string }> {
  const { trigger = 'manual', state = 'running', ...instance } = options;
  const id = await insertInstance(database.pool, instance);
  const { runId } = await startRun({ controls: createRunControls(databaseOf(database.pool)), ids }, id, {});
  await database.pool.query('update runs set trigger = $2 where connector_instance_id = $1', [id, trigger]);
  const processId = await insertProcess(database.pool);
  await claimRun(database.pool, id, processId, state);
  return { id, runId, processId };
}

/** Lets the time pass that an unreachable runtime is given. */
const passHold = () => database.pool.query(`update runs set start_deadline_at = now() - interval '1 s' where process_id is null`);
const eventsOf = (id: string, runId: string) => createRunReader(database.pool).eventsAfter({ instanceId: id, runId }, 0, 100);

describe('a runtime that is gone', () => {
  test('[RT-6.5] at start a run without a live owner is abandoned, its lease free, and a manual run starts', async () => {
    const { id, runId, processId } = await running();
    await database.pool.query('delete from process_beats where process_id = $1', [processId]);
    await takeOver();
    expect(await runsOf(database.pool, id)).toMatchObject([
      { state: 'abandoned', reason: 'RuntimeLost', failure_class: 'transient', epoch: 2, dead_lettered_at: null },
    ]);
    expect(await leaseOf(database.pool, id)).toEqual({ epoch: 2, run_id: null });
    expect(await createRunReader(database.pool).attempts({ instanceId: id, runId })).toMatchObject([
      { attempt: 1, state: 'abandoned', reason: 'RuntimeLost' },
    ]);
    const terminal = (await eventsOf(id, runId)).filter((event) => ['run.failed', 'run.completed'].includes(event.type));
    expect(terminal).toMatchObject([{ data: { reason: 'RuntimeLost', checkpoint: { commit_status: 'not_committed' } } }]);
    await startRun({ controls: createRunControls(databaseOf(database.pool)), ids }, id, {});
  });

  test('[RT-6.5] one that said that it stopped, or whose pid is dead, needs no waiting', async () => {
    const stopped = await running();
    await database.pool.query('update process_beats set stopped_at = now() where process_id = $1', [stopped.processId]);
    const dead = await running();
    await takeOver([{ processId: dead.processId, proof: 'dead' }]);
    for (const { id } of [stopped, dead]) expect(await runsOf(database.pool, id)).toMatchObject([{ state: 'abandoned' }]);
  });

  test('[RT-6.5] a scheduled run goes on with its next attempt, under the next epoch, still holding its lease', async () => {
    const { id, runId, processId } = await running({
      ...scheduled,
      trigger: 'schedule',
      retryPolicy: { maxRetries: 2, backoff: { initial: '30s' } },
    });
    await database.pool.query('update runs set commit_started_at = now() where connector_instance_id = $1', [id]);
    await takeOver([{ processId, proof: 'dead' }]);
    const [run] = await runsOf(database.pool, id);
    expect(run).toMatchObject({
      run_id: runId,
      state: 'pending',
      attempt: 2,
      epoch: 2,
      process_id: null,
      finished_at: null,
      commit_started_at: null,
      reason: 'RuntimeLost',
    });
    const { rows } = await database.pool.query(`select due_at - now() between interval '10 s' and interval '31 s' as backoff from runs`);
    expect(rows).toEqual([{ backoff: true }]);
    expect(await leaseOf(database.pool, id)).toEqual({ epoch: 2, run_id: runId });
    expect(await eventsOf(id, runId)).toMatchObject([
      { type: 'run.retry_scheduled', attempt: 1, data: { reason: 'RuntimeLost', next_attempt: 2 } },
    ]);
  });

  test('[RT-6.5] after the last retry it fails for good and waits among the dead letters', async () => {
    const { id, processId } = await running({ ...scheduled, trigger: 'schedule', retryPolicy: { maxRetries: 0 } });
    await takeOver([{ processId, proof: 'dead' }]);
    expect(await runsOf(database.pool, id)).toMatchObject([{ state: 'failed', reason: 'RuntimeLost' }]);
    expect(await createRunControls(databaseOf(database.pool)).deadLetters({ instanceId: id, limit: 1 })).toHaveLength(1);
  });

  test('[RT-8.5] a schedule that was paused meanwhile gets no further attempt', async () => {
    const { id, processId } = await running({ ...scheduled, trigger: 'schedule' });
    await database.pool.query('update schedules set paused_at = now() where connector_instance_id = $1', [id]);
    await takeOver([{ processId, proof: 'dead' }]);
    expect(await runsOf(database.pool, id)).toMatchObject([{ state: 'abandoned', reason: 'RuntimeLost' }]);
  });

  test('[RT-4.5] what was staged and committed before is counted', async () => {
    const { id, runId, processId } = await running();
    for (const type of ['run.state_staged', 'run.state_staged', 'run.state_committed']) {
      await database.pool.query('insert into run_events (connector_instance_id, run_id, attempt, type) values ($1, $2, 1, $3)', [
        id,
        runId,
        type,
      ]);
    }
    await takeOver([{ processId, proof: 'dead' }]);
    expect(await runsOf(database.pool, id)).toMatchObject([{ checkpoint: { commit_status: 'partial', staged: 2, committed: 1 } }]);
  });

  test('[RT-6.5] two controllers take over together: each run is decided once', async () => {
    const runs = await Promise.all([running(), running(), running()]);
    const lost = runs.map(({ processId }): LostProcess => ({ processId, proof: 'dead' }));
    await Promise.all([takeOver(lost), takeOver(lost), takeOver(lost)]);
    await takeOver(lost);
    for (const { id, runId } of runs) {
      expect(await leaseOf(database.pool, id)).toEqual({ epoch: 2, run_id: null });
      expect((await eventsOf(id, runId)).filter((event) => event.type === 'run.failed')).toHaveLength(1);
    }
  });
});

describe('a runtime that cannot be reached', () => {
  test('[RT-6.5] is fenced at once, and its instance starts again only after its children had time to die', async () => {
    const { id, runId, processId } = await running();
    await takeOver([{ processId, proof: 'silent' }]);
    expect(await leaseOf(database.pool, id)).toEqual({ epoch: 2, run_id: runId });
    await expect(startRun({ controls: createRunControls(databaseOf(database.pool)), ids }, id, {})).rejects.toMatchObject({
      reason: 'run_already_active',
    });
    const { rows } = await database.pool.query(
      `select start_deadline_at - now() between interval '15 s' and interval '20 s' as held from runs`,
    );
    expect(rows).toEqual([{ held: true }]);
    await passHold();
    await takeOver();
    expect(await runsOf(database.pool, id)).toMatchObject([{ state: 'abandoned', epoch: 2 }]);
    expect((await leaseOf(database.pool, id)).run_id).toBeNull();
  });

  test('[RT-6.5] the write of a fenced epoch finds nothing to write to', async () => {
    const { id, processId } = await running();
    await takeOver([{ processId, proof: 'silent' }]);
    const { rowCount } = await database.pool.query(
      `with fence as (select 1 from instance_leases where connector_instance_id = $1 and epoch = 1 for share)
       update runs set records_emitted = 99 from fence where connector_instance_id = $1`,
      [id],
    );
    expect(rowCount).toBe(0);
  });

  test('[RT-6.5] a session of it that hangs inside a write is terminated, so that the fence holds', async () => {
    const { id, processId } = await running();
    const hanging = openPool(database.url, { name: `cc-runtime-${processId}`, max: 1 });
    const session = await hanging.connect();
    try {
      await session.query('begin');
      await session.query('select 1 from instance_leases where connector_instance_id = $1 for share', [id]);
      await takeOver([{ processId, proof: 'silent' }]);
      expect((await leaseOf(database.pool, id)).epoch).toBe(2);
      await expect(session.query('commit')).rejects.toMatchObject({ reason: 'DatabaseUnavailable' });
    } finally {
      session.release(true);
      await hanging.end();
    }
  });

  test('[RT-6.5] a run whose runtime beats is left alone', async () => {
    const { id } = await running();
    await takeOver();
    expect(await runsOf(database.pool, id)).toMatchObject([{ state: 'running', epoch: 1 }]);
  });
});

describe('runs that do not get anywhere', () => {
  test('[RT-6.5] one that was claimed but never started is fenced after its start deadline', async () => {
    const { id, runId } = await running({ ...scheduled, trigger: 'schedule', state: 'starting' });
    await takeOver();
    expect((await leaseOf(database.pool, id)).epoch).toBe(1);
    await database.pool.query(`update runs set start_deadline_at = now() - interval '1 s' where connector_instance_id = $1`, [id]);
    await takeOver();
    await passHold();
    await takeOver();
    expect(await runsOf(database.pool, id)).toMatchObject([
      { run_id: runId, state: 'pending', attempt: 2, reason: 'StartDeadlineExceeded' },
    ]);
  });

  test('[RT-6.2] a cancel that its runtime does not obey takes the run away and ends it as cancelled', async () => {
    const { id, runId } = await running({ ...scheduled, trigger: 'schedule' });
    await database.pool.query(`update runs set cancel_requested_at = now() - interval '3 min' where connector_instance_id = $1`, [id]);
    await takeOver();
    await passHold();
    await takeOver();
    expect(await runsOf(database.pool, id)).toMatchObject([{ state: 'cancelled', reason: 'cancelled' }]);
    expect(await eventsOf(id, runId)).toMatchObject([{ type: 'run.failed', data: { reason: 'cancelled' } }]);
  });

  async function pending(trigger: 'schedule' | 'manual', age: string): Promise<string> {
    const id = await insertInstance(database.pool, { schedule: { every: '1h', startingDeadlineSeconds: 60 }, due: null });
    await startRun({ controls: createRunControls(databaseOf(database.pool)), ids }, id, {});
    await database.pool.query(
      `update runs set trigger = $2, created_at = now() - $3::interval, scheduled_for = now() - $3::interval where connector_instance_id = $1`,
      [id, trigger, age],
    );
    return id;
  }

  test.each([
    ['a manual run that nobody claimed for an hour is abandoned', 'manual', '61 min', 'abandoned', 'StartDeadlineExceeded'],
    ['a manual run that waits for its turn stays', 'manual', '59 min', 'pending', null],
    ['a tick past its starting deadline is skipped', 'schedule', '61 s', 'skipped', 'StartingDeadlineMissed'],
    ['a tick within its starting deadline stays', 'schedule', '50 s', 'pending', null],
  ] as const)('[RT-6.5] %s', async (...[, trigger, age, state, reason]) => {
    const id = await pending(trigger, age);
    await takeOver();
    expect(await runsOf(database.pool, id)).toMatchObject([{ state, reason }]);
    expect((await leaseOf(database.pool, id)).run_id === null).toBe(state !== 'pending');
  });

  test.each([
    [
      'its connector was disabled',
      'manual',
      'update connector_instances set enabled = false where connector_instance_id = $1',
      'cancelled',
    ],
    ['its schedule was removed', 'schedule', 'delete from schedules where connector_instance_id = $1', 'skipped'],
    ['its schedule was suspended', 'schedule', 'update schedules set suspended = true where connector_instance_id = $1', 'skipped'],
    [
      'only its schedule was suspended, but somebody asked for it',
      'manual',
      'update schedules set suspended = true where connector_instance_id = $1',
      'pending',
    ],
  ] as const)('[RT-8.5] a waiting run does not hold its instance for ever when %s', async (...[, trigger, statement, state]) => {
    const id = await pending(trigger, '1 s');
    await database.pool.query(statement, [id]);
    await takeOver();
    expect(await runsOf(database.pool, id)).toMatchObject([{ state }]);
    expect((await leaseOf(database.pool, id)).run_id === null).toBe(state !== 'pending');
  });

  test('[RT-6.5] lost processes that hold nothing are forgotten after a day', async () => {
    const [old, fresh] = [await insertProcess(database.pool), await insertProcess(database.pool)];
    await database.pool.query(`update process_beats set started_at = now() - interval '2 d' where process_id = $1`, [old]);
    await takeOver([
      { processId: old, proof: 'silent' },
      { processId: fresh, proof: 'silent' },
    ]);
    const { rows } = await database.pool.query('select process_id from process_beats');
    expect(rows).toEqual([{ process_id: fresh }]);
  });
});
