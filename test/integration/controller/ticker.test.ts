import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ScheduleTicks, TickReport } from '../../../controller/apis/schedule-ticks.ts';
import { createTicker } from '../../../controller/schedule/ticker.ts';
import { databaseOf } from '../../../controller/store/database.ts';
import { upsertSchedules } from '../../../controller/store/instances/schedule-fields.ts';
import { createScheduleTicks } from '../../../controller/store/schedules.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createLog } from '../../../platform/log.ts';
import { openPool } from '../../../platform/postgres/connect.ts';
import { createDatabase, type TestDatabase } from '../../database.ts';
import { claimRun, ids, insertInstance, insertProcess, leaseOf, runsOf } from '../../gen/connector-rows.ts';

const log = createLog({ role: 'test', clock: systemClock, level: 'silent' });
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() => database.pool.query('truncate schedules, runs'));
afterAll(() => database.drop());

/** One pass; resolves with the sleep that it asks for and the batches that it made. */
async function tick(
  schedules: ScheduleTicks = createScheduleTicks(databaseOf(database.pool)),
): Promise<{ sleepMs: number; batches: TickReport[] }> {
  const batches: TickReport[] = [];
  const pass = createTicker({ schedules, ids, clock: systemClock, log, onBatch: (report) => batches.push(report) });
  return { sleepMs: await pass(AbortSignal.timeout(60_000)), batches };
}

async function scheduleOf(id: string): Promise<Record<string, unknown>> {
  return (
    (await database.pool.query('select *, due_at > now() as ahead from schedules where connector_instance_id = $1', [id])).rows[0] ?? {}
  );
}

describe('a tick', () => {
  test('[CI-5.R1, RT-8.4] starts a due schedule: run row, lease and next time together', async () => {
    const id = await insertInstance(database.pool, { schedule: { every: '1h' } });
    await tick();
    const [run, ...more] = await runsOf(database.pool, id);
    expect(more).toEqual([]);
    expect(run).toMatchObject({ state: 'pending', trigger: 'schedule', attempt: 1, epoch: 1, runner: 'subprocess', revision: 'r1' });
    expect(run?.['due_at']).not.toBeNull();
    expect(run?.['trace_id']).toMatch(/^[0-9a-f]{32}$/);
    expect(await leaseOf(database.pool, id)).toEqual({ epoch: 1, run_id: run?.['run_id'] });
    const schedule = await scheduleOf(id);
    expect(schedule['ahead']).toBe(true);
    expect(schedule['next_run_at']).toEqual(schedule['due_at']);
    expect(schedule['last_tick_at']).not.toBeNull();
    const { rows } = await database.pool.query('select due_at from connector_specs where instance_id = $1', [id]);
    expect(rows[0]?.['due_at']).not.toBeNull();
  });

  test('[RT-8.4] passes over an instance whose run is active, without a row, and goes on', async () => {
    const id = await insertInstance(database.pool, { schedule: { every: '1h' } });
    await tick();
    await claimRun(database.pool, id, await insertProcess(database.pool));
    await database.pool.query(`update schedules set due_at = now() - interval '1 s' where connector_instance_id = $1`, [id]);
    const { batches } = await tick();
    expect(batches).toEqual([{ claimed: 1, started: 0, skipped: 0, passedOver: 1 }]);
    expect(await runsOf(database.pool, id)).toHaveLength(1);
    expect((await leaseOf(database.pool, id)).epoch).toBe(1);
    expect((await scheduleOf(id))['ahead']).toBe(true);
  });

  test('[RT-8.4] an active run outweighs a missed deadline: the tick is passed over, not recorded', async () => {
    const id = await insertInstance(database.pool, {
      schedule: { every: '1d', startingDeadlineSeconds: 60 },
      lastTick: `now() - interval '26 h'`,
      due: `now() - interval '2 h'`,
    });
    await database.pool.query('update instance_leases set epoch = 1, run_id = $2 where connector_instance_id = $1', [id, ids.uuid()]);
    await tick();
    expect(await runsOf(database.pool, id)).toEqual([]);
    expect((await scheduleOf(id))['ahead']).toBe(true);
  });

  test('[CI-5.1, CI-5.2, CI-5.R1] a paused or active instance stops itself only: another of the same type runs', async () => {
    const paused = await insertInstance(database.pool, { schedule: { every: '1h' } });
    const other = await insertInstance(database.pool, { schedule: { every: '1h' } });
    await database.pool.query(
      'update connector_instances set connector_key = (select connector_key from connector_instances where connector_instance_id = $1)',
      [other],
    );
    await database.pool.query('update schedules set paused_at = now() where connector_instance_id = $1', [paused]);
    await tick();
    expect(await runsOf(database.pool, paused)).toEqual([]);
    expect((await scheduleOf(paused))['due_at']).toBeNull();
    expect(await runsOf(database.pool, other)).toHaveLength(1);
  });

  test.each([
    ['suspended', `update schedules set suspended = true where connector_instance_id = $1`],
    ['disabled', `update connector_instances set enabled = false where connector_instance_id = $1`],
    ['paused by its owner', `update connector_instances set status = 'paused' where connector_instance_id = $1`],
    ['deleted', `update connector_instances set deleted_at = now() where connector_instance_id = $1`],
  ])('[CI-5.1] starts nothing for an instance that is %s', async (_, statement) => {
    const id = await insertInstance(database.pool, { schedule: { every: '1h' } });
    await database.pool.query(statement, [id]);
    await tick();
    expect(await runsOf(database.pool, id)).toEqual([]);
    expect((await scheduleOf(id))['due_at']).toBeNull();
  });

  test('[RT-8.4] records a start past its deadline as skipped and leaves the lease free', async () => {
    const id = await insertInstance(database.pool, {
      schedule: { every: '1d', startingDeadlineSeconds: 60 },
      lastTick: `now() - interval '26 h'`,
      due: `now() - interval '2 h'`,
    });
    await tick();
    expect(await runsOf(database.pool, id)).toMatchObject([{ state: 'skipped', reason: 'StartingDeadlineMissed', due_at: null }]);
    expect(await leaseOf(database.pool, id)).toEqual({ epoch: 0, run_id: null });
    expect((await scheduleOf(id))['ahead']).toBe(true);
  });

  test('[CI-5.R1] makes up for a long downtime with one run', async () => {
    const id = await insertInstance(database.pool, {
      schedule: { every: '10m' },
      lastTick: `now() - interval '3 d'`,
      due: `now() - interval '3 d'`,
    });
    await tick();
    await tick();
    expect(await runsOf(database.pool, id)).toHaveLength(1);
  });

  test('[CI-5.1] plans a schedule again that a clock ahead of time pushed a year away', async () => {
    const id = await insertInstance(database.pool, {
      schedule: { every: '10m' },
      lastTick: `now() + interval '1 y'`,
      due: `now() + interval '1 y'`,
    });
    await tick();
    expect(await runsOf(database.pool, id)).toEqual([]);
    const { rows } = await database.pool.query(
      `select due_at < now() + interval '20 min' as soon, last_tick_at <= now() as past from schedules where connector_instance_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ soon: true, past: true }]);
  });

  test('[CI-5.1] sleeps until the earliest due time, or the longest sleep when there is none', async () => {
    expect((await tick()).sleepMs).toBe(30_000);
    await insertInstance(database.pool, { schedule: { every: '1h' }, lastTick: 'now()', due: `now() + interval '5 s'` });
    const { sleepMs, batches } = await tick();
    expect(batches).toEqual([]);
    expect(sleepMs).toBeGreaterThan(0);
    expect(sleepMs).toBeLessThanOrEqual(5_000);
  });
});

test('[CI-5.1] a schedule that reconcile writes is told to the tickers, which sleep', async () => {
  const id = await insertInstance(database.pool);
  const session = await database.pool.connect();
  try {
    await session.query('listen schedules_changed');
    const told = new Promise<string>((resolve) => session.client.once('notification', (message) => resolve(message.channel)));
    const schedule = { every: '1h', timeZone: 'UTC', suspend: false, missedRuns: 'RunOnce' } as const;
    const now = systemClock.now();
    await upsertSchedules(databaseOf(database.pool), [
      { instanceId: id, schedule, suspended: false, anchorAt: now, nextRunAt: now, dueAt: now, seenLastTickAt: null },
    ]);
    expect(await told).toBe('schedules_changed');
  } finally {
    session.release(true);
  }
  await tick();
  expect(await runsOf(database.pool, id)).toHaveLength(1);
});

describe('many schedules, several processes', () => {
  /** `count` due schedules in few statements. */
  async function insertMany(count: number): Promise<void> {
    const first = await insertInstance(database.pool);
    await database.pool.query(
      `with made as (
         insert into connector_instances select (jsonb_populate_record(i, jsonb_build_object('connector_instance_id', gen_random_uuid(), 'name', 'm' || n))).*
           from connector_instances i, generate_series(1, $2) n where i.connector_instance_id = $1 returning connector_instance_id
       ), leased as (insert into instance_leases (connector_instance_id) select connector_instance_id from made)
       insert into schedules (connector_instance_id, schedule, due_at) select connector_instance_id, '{"every": "1h"}', now() from made`,
      [first, count],
    );
  }

  test('[CI-5.R1, CI-5.2] ticks 1,000 due schedules in a constant number of statements', async () => {
    const counted = async (count: number): Promise<number> => {
      await database.pool.query('truncate schedules, runs');
      await database.pool.query('delete from connector_instances');
      await insertMany(count);
      const db = databaseOf(database.pool);
      let statements = 0;
      const counting = createScheduleTicks({
        query: (text, values) => (statements++, db.query(text, values)),
        transaction: (work) => db.transaction((tx) => work({ query: (text, values) => (statements++, tx.query(text, values)) })),
      });
      const { batches } = await tick(counting);
      expect(batches[0]).toEqual({ claimed: count, started: count, skipped: 0, passedOver: 0 });
      return statements / batches.length;
    };
    const few = await counted(10);
    const many = await counted(999);
    expect(many).toBe(few);
    const { rows } = await database.pool.query(
      `select count(*) as runs, count(distinct r.connector_instance_id) as instances, count(l.run_id) as leases
         from runs r join instance_leases l on l.run_id = r.run_id and l.epoch = 1`,
    );
    expect(rows).toEqual([{ runs: 999, instances: 999, leases: 999 }]);
  });

  test('[CI-5.R1, RT-8.4] two tickers on one database share the work and never double a run', async () => {
    await database.pool.query('delete from connector_instances');
    await insertMany(3_000);
    const other = openPool(database.url, { name: 'other-controller', max: 2 });
    try {
      const theirs = createScheduleTicks(databaseOf(other));
      const passes = await Promise.all([tick(), tick(theirs), tick(), tick(theirs)]);
      const claimed = passes.flatMap(({ batches }) => batches.map((batch) => batch.claimed));
      expect(claimed.reduce((sum, count) => sum + count, 0)).toBe(3_000);
    } finally {
      await other.end();
    }
    const { rows } = await database.pool.query(
      `select count(*) as runs, count(distinct connector_instance_id) as instances, (select count(*) from instance_leases where epoch = 1) as leases from runs`,
    );
    expect(rows).toEqual([{ runs: 3_000, instances: 3_000, leases: 3_000 }]);
  });

  test('[RT-8.4] a session killed between any two statements leaves nothing half done', async () => {
    for (const killAfter of [1, 2, 3, 4, 5]) {
      await database.pool.query('truncate schedules, runs');
      const id = await insertInstance(database.pool, { schedule: { every: '1h' } });
      const doomed = openPool(database.url, { name: `doomed-${killAfter}`, max: 1 });
      const db = databaseOf(doomed);
      const dying: typeof db = {
        query: db.query,
        transaction: (work) =>
          db.transaction((tx) => {
            let done = 0;
            return work({
              query: async (text, values) => {
                const answer = await tx.query(text, values);
                if (++done === killAfter) {
                  await database.pool.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
                    `doomed-${killAfter}`,
                  ]);
                }
                return answer;
              },
            });
          }),
      };
      await expect(
        createScheduleTicks(dying).tick(10, (due) => ({
          instanceId: due.instanceId,
          runId: ids.uuid(),
          traceId: 't',
          decision: { action: 'run', scheduledFor: due.now, lastTickAt: due.now, nextRunAt: null },
        })),
      ).rejects.toMatchObject({ reason: 'DatabaseUnavailable' });
      await doomed.end();
      expect(await runsOf(database.pool, id)).toEqual([]);
      expect(await leaseOf(database.pool, id)).toEqual({ epoch: 0, run_id: null });
      await tick();
      expect(await runsOf(database.pool, id)).toHaveLength(1);
    }
  });
});
