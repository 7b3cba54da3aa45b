import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTicker } from '../../../../controller/schedule/ticker.ts';
import { createScheduleTicks } from '../../../../controller/store/schedules.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { controlPlane, type ControlPlane, instanceOf } from '../../../gen/control-plane.ts';
import { connector, withSpec } from '../../../gen/documents.ts';

let database: TestDatabase;
let plane: ControlPlane;
beforeAll(async () => {
  database = await createDatabase();
  plane = await controlPlane(database.pool);
});
afterAll(() => database.drop());

const apply = async (name: string, spec: Parameters<typeof withSpec>[0]): Promise<string> => {
  await plane.upload([connector(name, withSpec({ schedule: { every: '1h' }, ...spec }))]);
  await plane.converge();
  return String((await instanceOf(plane.db, name))?.['connector_instance_id']);
};
const tick = async (): Promise<void> => {
  const { ids, clock, log } = plane.deps;
  await createTicker({ schedules: createScheduleTicks(plane.db), ids, clock, log })(new AbortController().signal);
};
const runOf = async (id: string): Promise<Record<string, unknown> | undefined> =>
  (await database.pool.query('select state, reason, attempt, due_at from runs where connector_instance_id = $1', [id])).rows[0];
const leaseOf = async (id: string): Promise<unknown> =>
  (await database.pool.query('select run_id from instance_leases where connector_instance_id = $1', [id])).rows[0];
/** As the runtime leaves a run whose first attempt failed. */
const failFirstAttempt = (id: string): Promise<unknown> =>
  database.pool.query(
    `update runs set attempt = 2, reason = 'DeadlineExceeded', failure_class = 'transient', due_at = now() + interval '1 hour'
     where connector_instance_id = $1`,
    [id],
  );

describe('a document that stops a connector', () => {
  it('[RT-8.5] ends the retry that waits when its schedule is suspended', async () => {
    const id = await apply('suspended', {});
    await tick();
    await failFirstAttempt(id);
    await apply('suspended', { schedule: { every: '1h', suspend: true } });
    expect(await runOf(id)).toMatchObject({ state: 'failed', reason: 'DeadlineExceeded', due_at: null });
    expect(await leaseOf(id)).toEqual({ run_id: null });
  });

  it('[RT-8.5, HARD-19.5-7] ends what waits when the connector is disabled', async () => {
    const id = await apply('disabled', {});
    await tick();
    await apply('disabled', { enabled: false });
    expect(await runOf(id)).toMatchObject({ state: 'skipped', reason: 'Suspended' });
    expect(await leaseOf(id)).toEqual({ run_id: null });
  });

  it('leaves a waiting run alone when it changes something else', async () => {
    const id = await apply('edited', {});
    await tick();
    await apply('edited', { displayName: 'another name' });
    expect(await runOf(id)).toMatchObject({ state: 'pending' });
  });
});
