import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunControls, RunRef } from '../../../controller/apis/runs.ts';
import { cancelRun } from '../../../controller/dispatch/cancel-run.ts';
import { replayRun } from '../../../controller/dispatch/replay-run.ts';
import { projectAttempt, projectRun } from '../../../controller/dispatch/run-projection.ts';
import { startRun } from '../../../controller/dispatch/start-run.ts';
import { databaseOf } from '../../../controller/store/database.ts';
import { endWaitingRuns, type WaitingScope } from '../../../controller/store/runs/end-waiting-runs.ts';
import { createRunReader } from '../../../controller/store/runs/read-runs.ts';
import { createRunControls } from '../../../controller/store/runs/run-controls.ts';
import { createDatabase, type TestDatabase } from '../../database.ts';
import { claimRun, ids, insertInstance, insertProcess, leaseOf, runsOf } from '../../gen/connector-rows.ts';

let database: TestDatabase;
let controls: RunControls;
const operator = { kind: 'operator', name: 'test' };

beforeAll(async () => {
  database = await createDatabase();
  controls = createRunControls(databaseOf(database.pool));
});
afterAll(() => database.drop());

async function start(instanceId: string): Promise<RunRef> {
  const { runId } = await startRun({ controls, ids }, instanceId, operator);
  return { instanceId, runId };
}

/** The run failed once for a reason that is worth another try, and waits. */
async function failOnce({ instanceId, runId }: RunRef): Promise<void> {
  await database.pool.query(
    `insert into run_attempts (connector_instance_id, run_id, attempt, epoch, state, reason, message, failure_class)
     values ($1, $2, 1, 1, 'failed', 'connector_exit_without_done', 'exit 1', 'transient')`,
    [instanceId, runId],
  );
  await database.pool.query(
    `update runs set state = 'pending', attempt = 2, process_id = null, due_at = now() + interval '1 min' where connector_instance_id = $1`,
    [instanceId],
  );
}

const eventsOf = async (run: RunRef) => createRunReader(database.pool).eventsAfter(run, 0, 100);
const endWaiting = (ids: string[], scope: WaitingScope) =>
  databaseOf(database.pool).transaction((tx) => endWaitingRuns(tx, ids, scope, 'The schedule was paused.'));

describe('starting', () => {
  test('[CI-30.1, RT-6.2] a run that is asked for runs that instance only; ids come back', async () => {
    const [asked, other] = [await insertInstance(database.pool), await insertInstance(database.pool)];
    const started = await startRun({ controls, ids }, asked, operator);
    expect(started.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(await runsOf(database.pool, asked)).toMatchObject([
      { run_id: started.runId, trace_id: started.traceId, state: 'pending', trigger: 'manual', epoch: 1, requested_by: operator },
    ]);
    expect(await leaseOf(database.pool, asked)).toEqual({ epoch: 1, run_id: started.runId });
    expect(await runsOf(database.pool, other)).toEqual([]);
  });

  test('[RT-6.2, CI-5.2] a second start is refused with the active run; another instance starts alongside', async () => {
    const [busy, free] = [await insertInstance(database.pool), await insertInstance(database.pool)];
    const active = await start(busy);
    await expect(start(busy)).rejects.toMatchObject({ reason: 'run_already_active', details: { run_id: active.runId } });
    expect(await runsOf(database.pool, busy)).toHaveLength(1);
    await start(free);
  });

  test('[RT-6.2] of twenty starts at once exactly one wins', async () => {
    const id = await insertInstance(database.pool);
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => start(id)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(await runsOf(database.pool, id)).toHaveLength(1);
  });

  test.each([
    ['disabled', 'RunRefused', /disabled/, 'update connector_instances set enabled = false where connector_instance_id = $1'],
    ['being removed', 'RunRefused', /removed/, 'update connector_specs set deletion_requested_at = now() where instance_id = $1'],
    ['revoked', 'RunRefused', /revoked/, `update connector_instances set status = 'revoked' where connector_instance_id = $1`],
    [
      'a draft that nobody sees',
      'NotFound',
      /no connector instance/,
      `update connector_instances set status = 'draft' where connector_instance_id = $1`,
    ],
    ['gone', 'NotFound', /no connector instance/, 'delete from connector_instances where connector_instance_id = $1'],
  ])('[RT-6.2] an instance that is %s starts nothing', async (...[, reason, message, statement]) => {
    const id = await insertInstance(database.pool);
    await database.pool.query(statement, [id]);
    await expect(start(id)).rejects.toMatchObject({ reason, message: expect.stringMatching(message) });
    expect(await runsOf(database.pool, id)).toEqual([]);
  });

  test('[RT-6.2] a paused owner axis stops automatic runs only', async () => {
    const id = await insertInstance(database.pool);
    await database.pool.query(`update connector_instances set status = 'paused' where connector_instance_id = $1`, [id]);
    await start(id);
  });
});

describe('cancelling', () => {
  test('[RT-4.5] a pending run ends at once, with its event, and frees the instance', async () => {
    const run = await start(await insertInstance(database.pool));
    expect(await cancelRun(controls, run, operator)).toBe('cancelled');
    expect(await runsOf(database.pool, run.instanceId)).toMatchObject([
      { state: 'cancelled', reason: 'cancelled', due_at: null, cancel_requested_by: operator },
    ]);
    expect(await eventsOf(run)).toMatchObject([
      { type: 'run.failed', data: { reason: 'cancelled', checkpoint: { commit_status: 'not_committed' } } },
    ]);
    expect((await leaseOf(database.pool, run.instanceId)).run_id).toBeNull();
    await start(run.instanceId);
  });

  test('[RT-6.2] a run in flight is asked once and stays active until its runtime ends it', async () => {
    const run = await start(await insertInstance(database.pool));
    await claimRun(database.pool, run.instanceId, await insertProcess(database.pool));
    expect(await cancelRun(controls, run, operator)).toBe('requested');
    const [first] = await runsOf(database.pool, run.instanceId);
    expect(await cancelRun(controls, run, { kind: 'operator', name: 'somebody else' })).toBe('requested');
    const [second] = await runsOf(database.pool, run.instanceId);
    expect(second).toMatchObject({ state: 'running', cancel_requested_at: first?.['cancel_requested_at'], cancel_requested_by: operator });
  });

  test('[RT-4.5] once checkpoints are being committed it is too late, and that is told', async () => {
    const run = await start(await insertInstance(database.pool));
    await claimRun(database.pool, run.instanceId, await insertProcess(database.pool));
    await database.pool.query('update runs set commit_started_at = now() where connector_instance_id = $1', [run.instanceId]);
    await expect(cancelRun(controls, run, operator)).rejects.toMatchObject({ reason: 'CancelTooLate' });
    expect(await runsOf(database.pool, run.instanceId)).toMatchObject([{ cancel_requested_at: null }]);
  });

  test('[RT-4.5] a finished run, and one that never was, are told apart', async () => {
    const run = await start(await insertInstance(database.pool));
    await cancelRun(controls, run, operator);
    await expect(cancelRun(controls, run, operator)).rejects.toMatchObject({ reason: 'RunFinished', details: { state: 'cancelled' } });
    await expect(cancelRun(controls, { ...run, runId: ids.uuid() }, operator)).rejects.toMatchObject({ reason: 'NotFound' });
  });
});

describe('stopping a schedule while runs wait', () => {
  async function waiting(trigger: 'schedule' | 'manual', retry: boolean): Promise<RunRef> {
    const run = await start(await insertInstance(database.pool));
    await database.pool.query('update runs set trigger = $2 where connector_instance_id = $1', [run.instanceId, trigger]);
    if (retry) await failOnce(run);
    return run;
  }

  test('[RT-8.5] a waiting retry ends as failed and keeps the reason of its last failure', async () => {
    const run = await waiting('schedule', true);
    expect(await endWaiting([run.instanceId], 'scheduled')).toEqual([run.instanceId]);
    expect(await runsOf(database.pool, run.instanceId)).toMatchObject([
      { state: 'failed', reason: 'connector_exit_without_done', message: 'exit 1', failure_class: 'transient', due_at: null },
    ]);
    expect((await leaseOf(database.pool, run.instanceId)).run_id).toBeNull();
    expect(await eventsOf(run)).toMatchObject([
      { type: 'run.failed', data: { reason: 'connector_exit_without_done', stopped_because: 'The schedule was paused.' } },
    ]);
  });

  const cases: [reason: string, trigger: 'schedule' | 'manual', retry: boolean, scope: WaitingScope, state: string][] = [
    ['a tick that no runtime took yet is skipped', 'schedule', false, 'scheduled', 'skipped'],
    ['a manual run outlives a pause', 'manual', false, 'scheduled', 'pending'],
    ["a manual run's retry outlives a pause", 'manual', true, 'scheduled', 'pending'],
    ['a manual run does not outlive a removal', 'manual', false, 'all', 'cancelled'],
    ["a manual run's retry does not outlive a removal", 'manual', true, 'all', 'failed'],
  ];
  test.each(cases)('[RT-8.5] %s', async (...[, trigger, retry, scope, state]) => {
    const run = await waiting(trigger, retry);
    await endWaiting([run.instanceId], scope);
    expect(await runsOf(database.pool, run.instanceId)).toMatchObject([{ state }]);
    expect((await leaseOf(database.pool, run.instanceId)).run_id === null).toBe(state !== 'pending');
  });

  test('[RT-8.5] a run in flight is left alone', async () => {
    const run = await start(await insertInstance(database.pool));
    await claimRun(database.pool, run.instanceId, await insertProcess(database.pool));
    expect(await endWaiting([run.instanceId], 'all')).toEqual([]);
    expect(await runsOf(database.pool, run.instanceId)).toMatchObject([{ state: 'running' }]);
  });

  test('[RT-8.5] a start that was first is seen, one that comes later is refused', async () => {
    const id = await insertInstance(database.pool);
    const starting = start(id);
    const stopping = databaseOf(database.pool).transaction(async (tx) => {
      await tx.query('update connector_instances set enabled = false where connector_instance_id = $1', [id]);
      return endWaitingRuns(tx, [id], 'all', 'The connector was disabled.');
    });
    const [started] = await Promise.allSettled([starting, stopping]);
    const states = (await runsOf(database.pool, id)).map((run) => run['state']);
    expect(states).toEqual(started.status === 'fulfilled' ? ['cancelled'] : []);
  });
});

describe('dead letters', () => {
  async function deadLetter(): Promise<RunRef> {
    const run = await start(await insertInstance(database.pool));
    await database.pool.query(
      `update runs set state = 'failed', due_at = null, finished_at = now(), dead_lettered_at = clock_timestamp() where connector_instance_id = $1`,
      [run.instanceId],
    );
    await database.pool.query('update instance_leases set run_id = null where connector_instance_id = $1', [run.instanceId]);
    return run;
  }

  test('[RT-6.2] are listed newest first, by instance and in pages', async () => {
    const letters = [await deadLetter(), await deadLetter()];
    const all = await controls.deadLetters({ instanceId: null, limit: 10 });
    expect(all.map((run) => run.runId)).toEqual([letters[1]?.runId, letters[0]?.runId]);
    const before = all[0]?.deadLetteredAt ?? undefined;
    expect((await controls.deadLetters({ instanceId: null, limit: 10, before })).map((run) => run.runId)).toEqual([letters[0]?.runId]);
    expect(await controls.deadLetters({ instanceId: letters[0]?.instanceId ?? '', limit: 10 })).toHaveLength(1);
  });

  test('[RT-6.2] a replay starts a new run that names the letter and takes it off the list, once', async () => {
    const letter = await deadLetter();
    const results = await Promise.allSettled([
      replayRun({ controls, ids }, letter, operator),
      replayRun({ controls, ids }, letter, operator),
    ]);
    const won = results.find((result) => result.status === 'fulfilled');
    const lost = results.find((result) => result.status === 'rejected');
    expect(lost?.reason).toMatchObject({ reason: 'NotDeadLettered' });
    const [old, fresh, ...more] = await runsOf(database.pool, letter.instanceId);
    expect(more).toEqual([]);
    expect(old).toMatchObject({ state: 'failed', dead_lettered_at: null });
    expect(fresh).toMatchObject({ run_id: won?.value.runId, state: 'pending', requested_by: { ...operator, replay_of: letter.runId } });
  });

  test('[RT-6.2] a replay that cannot start leaves the letter where it is', async () => {
    const letter = await deadLetter();
    await start(letter.instanceId);
    await expect(replayRun({ controls, ids }, letter, operator)).rejects.toMatchObject({ reason: 'run_already_active' });
    expect(await controls.deadLetters({ instanceId: letter.instanceId, limit: 10 })).toHaveLength(1);
  });
});

describe('reading', () => {
  test('[RT-4.5] runs come newest first in pages, each with attempts, events and log', async () => {
    const id = await insertInstance(database.pool);
    const runs: RunRef[] = [];
    for (let n = 0; n < 3; n++) {
      const run = await start(id);
      await cancelRun(controls, run, operator);
      runs.unshift(run);
    }
    const reader = createRunReader(database.pool);
    const firstPage = await reader.list(id, { limit: 2 });
    expect(firstPage.map((run) => run.runId)).toEqual(runs.slice(0, 2).map((run) => run.runId));
    const secondPage = await reader.list(id, { limit: 2, before: firstPage[1]?.runId });
    expect(secondPage.map((run) => run.runId)).toEqual([runs[2]?.runId]);

    const run = runs[0] as RunRef;
    await database.pool.query(
      `insert into run_attempts (connector_instance_id, run_id, attempt, epoch, state, finished_at) values ($1, $2, 1, 1, 'failed', '2026-05-01T00:00Z'), ($1, $2, 2, 2, 'cancelled', null)`,
      [id, run.runId],
    );
    await database.pool.query(
      `insert into run_logs (connector_instance_id, run_id, attempt, log, bytes_observed) values ($1, $2, 1, 'one', 3), ($1, $2, 2, 'two', 9)`,
      [id, run.runId],
    );
    expect((await reader.attempts(run)).map(projectAttempt)).toMatchObject([
      { attempt: 1, state: 'failed', finishedAt: '2026-05-01T00:00:00.000Z' },
      { attempt: 2, state: 'cancelled', finishedAt: null },
    ]);
    expect(await reader.log(run)).toEqual({ attempt: 2, log: 'two', bytesObserved: 9 });
    expect(await reader.log(run, 1)).toMatchObject({ log: 'one' });
    expect(await reader.log(runs[1] as RunRef)).toBeNull();
    const [event] = await reader.eventsAfter(run, 0, 10);
    expect(await reader.eventsAfter(run, event?.seq ?? 0, 10)).toEqual([]);
    expect(await reader.get({ ...run, runId: ids.uuid() })).toBeNull();

    const stored = await reader.get(run);
    if (stored === null) throw new Error('the run is gone');
    expect(projectRun(stored)).toMatchObject({
      id: run.runId,
      state: 'cancelled',
      reason: 'cancelled',
      trigger: 'manual',
      recordsEmitted: 0,
      streams: [],
    });
  });
});
