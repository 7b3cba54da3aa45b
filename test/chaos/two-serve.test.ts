import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { leftovers } from './harness/final-facts.ts';
import { connectorsOf, runtimesOf, signal } from './harness/processes.ts';
import type { ServeProcess } from './harness/serve-process.ts';
import { SharedDatabase } from './harness/shared-database.ts';
import { illegalMoves } from './harness/transitions.ts';
import { until } from './harness/until.ts';
import type { ChaosConnector } from './harness/workplace.ts';

const connectors: readonly ChaosConnector[] = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox'].map((name) => ({
  name,
  type: 'chaos-counter',
  config: { total: 1_000_000 },
  every: '1s',
}));
/** A dead pid on the same host is proof at once; the rest is two loops that look every few seconds, on a loaded machine. */
const TAKEOVER_MS = 30_000;
const linuxOnly = process.platform === 'linux' ? describe : describe.skip;

linuxOnly('two serve on one database', () => {
  let shared: SharedDatabase;
  let first: ServeProcess;
  let second: ServeProcess;

  beforeAll(async () => {
    shared = await SharedDatabase.open('10 0.5');
    first = await shared.start('first');
    second = await shared.start('second');
    shared.place.declare(connectors);
  }, 120_000);
  afterAll(() => shared.close(), 120_000);

  const what = (): string => `${first.log.slice(-3_000)}\n--- the other\n${second.log.slice(-3_000)}`;
  /** First column of the rows. */
  async function column(text: string, values: unknown[] = []): Promise<unknown[]> {
    return (await shared.pool.query(text, values)).rows.map((row) => Object.values(row)[0]);
  }
  const doubledTicks = (): Promise<unknown[]> =>
    column(
      `select connector_name || ' ' || scheduled_for from runs group by connector_instance_id, connector_name, scheduled_for having count(*) > 1`,
    );

  test('[HARD-19.10-4] share runs and ticks, and no tick starts twice', async () => {
    const runtimes = `select process_id from run_attempts where process_id is not null group by 1 having count(*) >= 3`;
    await until(async () => (await column(runtimes)).length === 2, { forMs: 60_000, what });
    const ticked = (serve: ServeProcess): Promise<number> => serve.metric('connector_schedule_ticks_total{outcome="started"}');
    await until(async () => (await ticked(first)) > 0 && (await ticked(second)) > 0, { forMs: 60_000, what });
    expect([await doubledTicks(), await illegalMoves(shared.pool)]).toEqual([[], []]);
  }, 130_000);

  test('[RT-6.5] when one dies with its runtime, the other goes on with its runs and its documents', async () => {
    const [holder] = await column(
      `select b.pid from source_leases l join process_beats b using (process_id) where l.source like 'folder:%'`,
    );
    const [dying, living] = holder === first.pid ? [first, second] : [second, first];
    const [runtime] = runtimesOf(dying.options.dataFolder) as [number];
    const held = await until(
      async () => {
        const runs = await column(
          `select r.run_id from runs r join process_beats b using (process_id) where b.pid = $1 and r.state = 'running'`,
          [runtime],
        );
        return runs.length > 0 && runs;
      },
      { forMs: 30_000, what },
    );
    dying.killForGood();
    signal(runtime, 'SIGKILL');

    const sameHolder = `select 1 from source_leases l join process_beats b using (process_id) where l.source like 'folder:%' and b.pid = $1`;
    await until(async () => (await column(sameHolder, [living.pid])).length === 1, { forMs: TAKEOVER_MS, what });
    // Each run that was cut off ends well on a later attempt, made by the runtime that lives.
    const finished = `select 1 from runs r join run_attempts a using (connector_instance_id, run_id, attempt) join process_beats b on b.process_id = a.process_id
                       where r.run_id = any ($1::uuid[]) and r.state = 'succeeded' and (r.attempt = 1 or b.pid = any ($2::int[]))`;
    const survivors = runtimesOf(living.options.dataFolder);
    await until(async () => (await column(finished, [held, survivors])).length === held.length, { forMs: TAKEOVER_MS, what });
    const retried = await column(`select 1 from runs where run_id = any ($1::uuid[]) and attempt > 1`, [held]);
    expect(retried.length).toBeGreaterThan(0);
    expect(connectorsOf(dying.options.dataFolder)).toEqual([]);

    shared.place.declare(connectors.map((connector) => ({ ...connector, every: '2s' })));
    await until(async () => (await column(`select 1 from connector_specs where generation = 2`)).length === connectors.length, {
      forMs: TAKEOVER_MS,
      what,
    });
  }, 130_000);

  test('schedules go on, still without a double, and rest is clean', async () => {
    const before = await column(`select max(run_id::text) from runs`);
    const later = `select connector_name from runs where run_id::text > $1 and state = 'succeeded' group by 1`;
    await until(async () => (await column(later, before)).length === connectors.length, { forMs: TAKEOVER_MS, what });
    expect([await doubledTicks(), await illegalMoves(shared.pool)]).toEqual([[], []]);
    shared.place.declare(connectors, true);
    await until(async () => (await column(`select 1 from runs where finished_at is null`)).length === 0, { forMs: TAKEOVER_MS, what });
    expect(await leftovers(shared.pool)).toEqual([]);
  }, 130_000);
});
