import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Network } from './faults/network.ts';
import { connectorsOf, runtimesOf } from './harness/processes.ts';
import type { ServeProcess } from './harness/serve-process.ts';
import { SharedDatabase } from './harness/shared-database.ts';
import { illegalMoves, lastWrite, watchWriters, writesSince } from './harness/transitions.ts';
import { until } from './harness/until.ts';

const FENCED_MS = 60_000;
const RETRIED_MS = 90_000;
const SLOW_MS = 60;
const linuxOnly = process.platform === 'linux' ? describe : describe.skip;

linuxOnly('a network between a runtime and its database', () => {
  let shared: SharedDatabase;
  let network: Network;
  let far: ServeProcess;
  let processId: string;

  const what = (): string => shared.serves.map(({ log }) => log.slice(-3_000)).join('\n--- the next\n');
  const one = async (text: string, values: unknown[] = []): Promise<Record<string, unknown> | undefined> =>
    (await shared.pool.query(text, values)).rows[0];

  beforeAll(async () => {
    shared = await SharedDatabase.open('1000000 0.2');
    network = await Network.open(shared.url);
    far = await shared.start('far', { DATABASE_URL: network.url, CONNECTOR_RUNTIME_SLOTS: '1' });
    await watchWriters(shared.pool);
  }, 120_000);
  afterAll(async () => {
    await far.stop();
    await network.close(); // ends the sessions whose client has given them up
    await shared.close();
  }, 120_000);

  test('that is slow delays runs and loses none', async () => {
    network.delayMs = SLOW_MS;
    shared.place.declare([{ name: 'far-away', type: 'chaos-counter', config: { total: 1_000_000 }, every: '1s' }]);
    const progress = `select r.process_id from runs r where r.state = 'running' and r.attempt = 1
                        and (select count(*) from records c where c.connector_instance_id = r.connector_instance_id) > 50`;
    processId = (await until(() => one(progress), { forMs: 60_000, what }))['process_id'] as string;
    network.delayMs = 0;
  }, 90_000);

  test('that is cut: the runtime ends its connectors by itself before another one goes on, and writes nothing late', async () => {
    const [pid] = runtimesOf(far.options.dataFolder) as [number];
    await shared.start('near');
    const before = Number((await one('select epoch from instance_leases'))?.['epoch']);
    network.cut();
    const fenced = () => one('select 1 from instance_leases where epoch > $1', [before]);
    await until(fenced, { forMs: FENCED_MS, what });
    const last = await lastWrite(shared.pool);
    // Two processes of one connector at once would be a double run, whatever the database says.
    const goesOn = () => one(`select 1 from runs where state = 'running' and attempt > 1 and process_id <> $1`, [processId]);
    let both = 0;
    await until(
      async () => {
        const near = connectorsOf(shared.place.dataOf('near')).length;
        if (near > 0 && connectorsOf(far.options.dataFolder).length > 0) both += 1;
        return goesOn();
      },
      { forMs: RETRIED_MS, everyMs: 50, what },
    );
    expect([both, connectorsOf(far.options.dataFolder)]).toEqual([0, []]);

    network.heal();
    // Its old connections answer nothing any more; it beats again over new ones.
    const beat = async (): Promise<number> =>
      Number((await one('select beat from process_beats where process_id = $1', [processId]))?.['beat']);
    const silent = await beat();
    await until(async () => (await beat()) > silent + 2, { forMs: 60_000, what });
    expect(await writesSince(shared.pool, last, [processId])).toEqual([]);
    expect(await illegalMoves(shared.pool)).toEqual([]);
    expect(runtimesOf(far.options.dataFolder)).toEqual([pid]);
  }, 240_000);
});
