import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { reconcileBatch } from '../../../../controller/reconcile/connector/reconcile.ts';
import { drainDue } from '../../../../controller/reconcile/worker/worker.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { conditionOf, controlPlane, type ControlPlane, instanceOf, statusOf } from '../../../gen/control-plane.ts';
import { registeredType } from '../../../gen/admission-context.ts';
import { connector, connectorType, withSpec } from '../../../gen/documents.ts';

let database: TestDatabase;
let plane: ControlPlane;
beforeAll(async () => {
  database = await createDatabase();
  plane = await controlPlane(database.pool);
});
afterAll(() => database.drop());

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => connector(`${prefix}-${at}`, withSpec({ schedule: { every: '1h' } })));
const installed = async (prefix: string): Promise<number> => {
  const { rows } = await database.pool.query<{ n: number }>(`select count(*)::int as n from connector_instances where name like $1`, [
    `${prefix}-%`,
  ]);
  return rows[0]?.n ?? 0;
};

describe('whatever happens to a pass', () => {
  it('a bad object stands alone: the batch is halved around it, it is told and tried again, the others converge', async () => {
    await database.pool.query(
      `create function refuse_bad() returns trigger language plpgsql as $$ begin if new.name = 'halved-13' then raise exception 'no' using errcode = '22P05'; end if; return new; end $$`,
    );
    await database.pool.query('create trigger refuse_bad before insert on connector_instances for each row execute function refuse_bad()');
    await plane.upload(named('halved', 40));
    const batches: { objects: number; failed: number }[] = [];
    const nextMs = await drainDue(
      { ...plane.deps, onBatch: ({ objects, failed }) => batches.push({ objects, failed }) },
      new AbortController().signal,
    );
    expect(batches).toEqual([{ objects: 39, failed: 1 }]);
    expect(nextMs).toBeLessThanOrEqual(1_000);
    expect(await installed('halved')).toBe(39);
    expect(await conditionOf(plane.db, 'halved-13', 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReconcileFailed',
      message: expect.stringContaining('22P05'),
    });
    expect(await conditionOf(plane.db, 'halved-13', 'Reconciling')).toMatchObject({ status: 'True', reason: 'ReconcileFailed' });
    expect(await statusOf(plane.db, 'halved-13')).toMatchObject({ phase: 'error' });
    await database.pool.query('drop trigger refuse_bad on connector_instances');
    await database.pool.query(`update connector_specs set due_at = now() where name = 'halved-13'`);
    await plane.converge();
    expect(await conditionOf(plane.db, 'halved-13', 'Ready')).toMatchObject({ status: 'True' });
    expect(await conditionOf(plane.db, 'halved-13', 'Reconciling')).toBeUndefined();
  });

  it('[HARD-4-5] a pass that fails over a live instance marks it as error, with the failure', async () => {
    await plane.upload(named('failing', 1));
    await plane.converge();
    await database.pool.query(
      `create function refuse_config() returns trigger language plpgsql as $$ begin if new.config <> old.config then raise exception 'no' using errcode = '22P05'; end if; return new; end $$`,
    );
    await database.pool.query(
      'create trigger refuse_config before update on connector_instances for each row execute function refuse_config()',
    );
    await plane.upload([connector('failing-0', withSpec({ schedule: { every: '1h' }, config: { count: 5 } }))]);
    await plane.converge();
    await database.pool.query('drop trigger refuse_config on connector_instances');
    expect(await instanceOf(plane.db, 'failing-0')).toMatchObject({
      phase: 'error',
      phase_reason: 'ReconcileFailed',
      config: { count: 3 },
      last_error: expect.objectContaining({ failure_class: 'permanent', run_id: null }),
    });
    await database.pool.query(`update connector_specs set due_at = now() where name = 'failing-0'`);
    await plane.converge();
    expect(await instanceOf(plane.db, 'failing-0')).toMatchObject({ phase: 'active', config: { count: 5 } });
  });

  it('[HARD-19.10-4] a session that dies in the middle leaves nothing behind, and the next pass converges every change', async () => {
    await plane.upload(named('killed', 30));
    const killing = reconcileBatch(
      {
        ...plane.deps,
        store: {
          ...plane.deps.store,
          transaction: (work) =>
            plane.deps.store.transaction((unit) =>
              work({
                ...unit,
                settle: async () => {
                  const admin = database.pool;
                  await admin.query(
                    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
                  );
                  throw new Error('the session was terminated');
                },
              }),
            ),
        },
      },
      { limit: 100 },
      () => undefined,
    );
    await expect(killing).rejects.toThrow('terminated');
    expect(await installed('killed')).toBe(0);
    // The server may hold the locks of a terminated session for a moment longer; the loop comes back for them by itself.
    for (let round = 0; round < 100 && (await installed('killed')) < 30; round++)
      await sleep(await drainDue(plane.deps, new AbortController().signal));
    expect(await installed('killed')).toBe(30);
    expect(await statusOf(plane.db, 'killed-7')).toMatchObject({ phase: 'active', observedGeneration: 1 });
  });

  it('two workers share the queue without doing anything twice', async () => {
    await plane.upload(named('shared', 60));
    const narrow = { ...plane.deps, batchSize: 7 };
    const failed: number[] = [];
    const counting = { ...narrow, onBatch: (report: { failed: number }) => failed.push(report.failed) };
    await Promise.all([drainDue(counting, new AbortController().signal), drainDue(counting, new AbortController().signal)]);
    expect(failed.reduce((sum, one) => sum + one, 0)).toBe(0);
    await plane.converge();
    expect(await installed('shared')).toBe(60);
    const { rows } = await database.pool.query<{ n: number }>(
      `select count(*)::int as n from audit_events where name like 'shared-%' and action = 'connector.instance.create'`,
    );
    expect(rows).toEqual([{ n: 60 }]);
  });

  it('an object that one pass holds is passed over by another', async () => {
    await plane.upload(named('locked', 10));
    const names = await plane.deps.store.transaction(async (first) => {
      const mine = await first.claim({ limit: 6 });
      const others = await plane.deps.store.transaction((second) => second.claim({ limit: 10 }));
      return [...mine.specs, ...others.specs].map(({ name }) => name);
    });
    expect([...names].sort()).toEqual(named('locked', 10).map(({ metadata }) => metadata.name));
    await plane.converge();
  });

  it('an aborted worker takes no further batch', async () => {
    await plane.upload(named('stopped', 1));
    await drainDue(plane.deps, AbortSignal.abort());
    expect(await installed('stopped')).toBe(0);
    await plane.converge();
  });
});

describe('rows that move between the look and the write', () => {
  /** A pass over which somebody else writes once it has looked. */
  const passOver = (meanwhile: () => Promise<unknown>) =>
    reconcileBatch(
      {
        ...plane.deps,
        store: {
          ...plane.deps.store,
          transaction: (work) =>
            plane.deps.store.transaction((unit) =>
              work({
                ...unit,
                observe: async (specs) => {
                  const seen = await unit.observe(specs);
                  await meanwhile();
                  return seen;
                },
              }),
            ),
        },
      },
      { limit: 10 },
      () => undefined,
    );
  const due = async (name: string): Promise<boolean | undefined> => {
    const { rows } = await database.pool.query<{ due: boolean }>(
      `select due_at is not null and due_at <= now() as due from connector_specs where name = $1`,
      [name],
    );
    return rows[0]?.due;
  };

  it('a schedule that ticked keeps its tick, and is looked at again at once', async () => {
    await plane.upload([connector('ticked', withSpec({ schedule: { every: '1h' } }))]);
    await plane.converge();
    await plane.upload([connector('ticked', withSpec({ schedule: { every: '2h' } }))]);
    const schedule = async (): Promise<Record<string, unknown> | undefined> =>
      (
        await database.pool.query(
          `select s.schedule, s.last_tick_at, s.due_at from schedules s join connector_instances i using (connector_instance_id) where i.name = 'ticked'`,
        )
      ).rows[0];
    await passOver(() =>
      database.pool.query(
        `update schedules set last_tick_at = now(), next_run_at = now() + interval '1 hour', due_at = now() + interval '1 hour'
         where connector_instance_id = (select connector_instance_id from connector_instances where name = 'ticked')`,
      ),
    );
    const ticked = await schedule();
    expect(ticked).toMatchObject({ schedule: expect.objectContaining({ every: '1h' }), last_tick_at: expect.any(Date) });
    expect(await due('ticked')).toBe(true);
    await plane.converge();
    expect(await schedule()).toMatchObject({ schedule: expect.objectContaining({ every: '2h' }), last_tick_at: ticked?.['last_tick_at'] });
  });

  it('an instance that a run took is not retired under it', async () => {
    await plane.upload([connector('taken')]);
    await plane.converge();
    await database.pool.query(`update connector_specs set deletion_requested_at = now(), due_at = now() where name = 'taken'`);
    let runId = '';
    const take = async (): Promise<void> => {
      // A start writes its run and its lease, never the object: that is locked by the pass.
      const { rows } = await database.pool.query<{ id: string }>(
        `update instance_leases set run_id = gen_random_uuid(), epoch = epoch + 1
         where connector_instance_id = (select connector_instance_id from connector_instances where name = 'taken') returning run_id as id`,
      );
      runId = rows[0]?.id ?? '';
    };
    await passOver(take);
    expect(await instanceOf(plane.db, 'taken')).toMatchObject({ deleted_at: null, status: 'active' });
    expect(await due('taken')).toBe(true);
    const { rows } = await database.pool.query(
      `select 1 from audit_events where name = 'taken' and action = 'connector.instance.uninstall'`,
    );
    expect(rows).toEqual([]);
    await database.pool.query('update instance_leases set run_id = null where run_id = $1', [runId]);
    await plane.converge();
    expect(await instanceOf(plane.db, 'taken')).toMatchObject({ deleted_at: expect.any(Date), status: 'revoked' });
  });

  it('an instance whose phase somebody changed is looked at again: no step from a phase that it is not in', async () => {
    await plane.upload([connector('stepped', withSpec({ enabled: false }))]);
    await plane.converge();
    await plane.upload([connector('stepped', withSpec({ enabled: true }))]);
    const passing = passOver(() => database.pool.query(`update connector_instances set phase = 'degraded' where name = 'stepped'`));
    await expect(passing).rejects.toMatchObject({ reason: 'IllegalTransition' });
    await plane.converge();
    expect(await instanceOf(plane.db, 'stepped')).toMatchObject({ phase: 'active', enabled: true });
  });
});

describe('at rest', () => {
  it('a listing, a pass and a comparison over objects at rest write nothing, by the statistics of PostgreSQL', async () => {
    const documents = named('resting', 300);
    await plane.list(documents);
    await plane.converge();
    const session = await database.pool.connect();
    const written = async (): Promise<unknown> => {
      await session.query('select pg_stat_force_next_flush()');
      await session.query('select pg_stat_clear_snapshot()');
      const { rows } = await session.query<{ n: number }>(
        'select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as n from pg_stat_user_tables',
      );
      return rows[0]?.n;
    };
    try {
      // Every session of the pool reports what it did before the first look.
      await flushAll();
      const before = await written();
      const { results } = await plane.list(documents);
      expect(results.every(({ outcome }) => outcome === 'unchanged')).toBe(true);
      expect(await plane.resync(new AbortController().signal)).toMatchObject({ compared: expect.any(Number), different: 0 });
      expect(await plane.resync(new AbortController().signal)).toMatchObject({ compared: 0, different: 0 });
      await plane.converge();
      await flushAll();
      expect(await written()).toBe(before);
    } finally {
      session.release();
    }
  });

  it('a comparison looks again at an object whose rows were written, and at all when the catalog changed', async () => {
    await plane.resync(new AbortController().signal);
    await database.pool.query(`update schedules set suspended = true where connector_instance_id =
      (select connector_instance_id from connector_instances where name = 'resting-3')`);
    expect(await plane.resync(new AbortController().signal)).toMatchObject({ compared: 1, different: 1 });
    await plane.converge();
    await plane.register([registeredType(connectorType('brand-new'))]);
    const { objects, compared, different } = await plane.resync(new AbortController().signal);
    expect([compared, different]).toEqual([objects, 0]);
  });

  /** Makes each pooled session publish its counters. */
  async function flushAll(): Promise<void> {
    const sessions = await Promise.all(Array.from({ length: 8 }, () => database.pool.connect()));
    for (const one of sessions) await one.query('select pg_stat_force_next_flush()');
    for (const one of sessions) await one.query('select 1');
    for (const one of sessions) one.release();
  }
});
