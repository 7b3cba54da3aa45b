import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { purgeExpiredInstances } from '../../../../controller/store/instances/purge.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { conditionOf, controlPlane, type ControlPlane, instanceOf, UPLOAD } from '../../../gen/control-plane.ts';
import { connector, withSpec } from '../../../gen/documents.ts';
import { endRun, finishRun } from '../../../gen/finished-run.ts';

let database: TestDatabase;
let plane: ControlPlane;
let patient: ControlPlane;
beforeAll(async () => {
  database = await createDatabase();
  plane = await controlPlane(database.pool, { removalGraceMs: 0, retentionMs: 3_600_000 });
  patient = await controlPlane(database.pool, { removalGraceMs: 3_600_000 });
});
afterAll(() => database.drop());

const rows = async (text: string, ...values: unknown[]): Promise<Record<string, unknown>[]> =>
  (await database.pool.query(text, values)).rows;
const install = async (name: string, spec: Parameters<typeof withSpec>[0] = {}): Promise<string> => {
  await plane.upload([connector(name, withSpec({ schedule: { every: '1h' }, ...spec }))]);
  await plane.converge();
  return String((await instanceOf(plane.db, name))?.['connector_instance_id']);
};
const remove = (name: string) =>
  plane.intake.remove({ source: UPLOAD, epoch: null, namespace: 'default', name, actor: { kind: 'operator', name: 'test' } });
const specs = (name: string) => rows('select * from connector_specs where name = $1', name);
const schedules = (id: string) => rows('select * from schedules where connector_instance_id = $1', id);

describe('Uninstall', () => {
  it('[HARD-19.2.1-1] stops the schedule, soft-deletes the instance and forgets the document with a tombstone', async () => {
    const id = await install('plain');
    expect(await remove('plain')).toMatchObject({ outcome: 'removal_requested' });
    expect(await remove('plain')).toMatchObject({ outcome: 'removing' });
    await plane.converge();
    expect(await specs('plain')).toEqual([]);
    expect(await schedules(id)).toEqual([]);
    expect(await instanceOf(plane.db, 'plain')).toMatchObject({
      status: 'revoked',
      phase: 'disabled',
      enabled: false,
      deleted_at: expect.any(Date),
    });
    expect(await rows(`select name from connector_tombstones where name = 'plain'`)).toHaveLength(1);
    expect(await rows(`select action from audit_events where name = 'plain' order by seq`)).toEqual([
      { action: 'connector.spec.apply' },
      { action: 'connector.instance.create' },
      { action: 'connector.spec.remove' },
      { action: 'connector.instance.uninstall' },
    ]);
    await expect(remove('plain')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  it('restores the same instance when the document comes back within the retention', async () => {
    const id = await install('back');
    await remove('back');
    await plane.converge();
    const { results } = await plane.upload([connector('back', withSpec({ schedule: { every: '1h' } }))]);
    expect(results[0]).toMatchObject({ outcome: 'created' });
    await plane.converge();
    expect(await instanceOf(plane.db, 'back')).toMatchObject({
      connector_instance_id: id,
      status: 'active',
      phase: 'active',
      enabled: true,
      deleted_at: null,
      purge_after: null,
    });
    expect(await schedules(id)).toEqual([expect.objectContaining({ suspended: false, due_at: expect.any(Date) })]);
    expect(await conditionOf(plane.db, 'back', 'Ready')).toMatchObject({ status: 'True' });
  });

  it('does not hand the records of one owner to another that takes the name', async () => {
    const id = await install('reused');
    await remove('reused');
    await plane.converge();
    await install('reused', { owner: { type: 'user', id: 'aaaaaaaa-6a0e-4c7e-9a54-0d8c1f2b3a10' } });
    const live = await rows(`select connector_instance_id from connector_instances where name = 'reused' and deleted_at is null`);
    expect(live).toHaveLength(1);
    expect(live[0]?.['connector_instance_id']).not.toBe(id);
  });

  it('lets a run drain within its grace, then cancels it, and retires once it has ended', async () => {
    const id = await install('busy');
    const runId = await finishRun(database.pool, 'busy', { state: 'running' });
    await plane.converge();
    await remove('busy');
    await patient.converge();
    expect(await schedules(id)).toEqual([]);
    expect(await conditionOf(plane.db, 'busy', 'Reconciling')).toMatchObject({ status: 'True', reason: 'Removing' });
    expect(await rows('select cancel_requested_at from runs where run_id = $1', runId)).toEqual([{ cancel_requested_at: null }]);
    expect(await rows(`select due_at > now() + interval '50 minutes' as later from connector_specs where name = 'busy'`)).toEqual([
      { later: true },
    ]);

    await rows(`update connector_specs set due_at = now() where name = 'busy'`);
    await plane.converge();
    expect(await rows('select cancel_requested_at from runs where run_id = $1', runId)).toEqual([
      { cancel_requested_at: expect.any(Date) },
    ]);
    expect(await instanceOf(plane.db, 'busy')).toMatchObject({ deleted_at: null });
    await endRun(database.pool, 'busy', runId);
    await plane.converge();
    expect(await specs('busy')).toEqual([]);
    expect(await instanceOf(plane.db, 'busy')).toMatchObject({ deleted_at: expect.any(Date) });
  });

  it('cancels a run that has not started at once', async () => {
    await install('queued');
    const runId = await finishRun(database.pool, 'queued', { state: 'pending', started: false });
    await remove('queued');
    await patient.converge();
    const [run] = await rows('select state from runs where run_id = $1', runId);
    expect(run).toEqual({ state: 'cancelled' });
    await patient.converge();
    expect(await specs('queued')).toEqual([]);
  });

  it('leaves no revision of a forgotten document, so that no config outlives the purge; those of others stay', async () => {
    const kept = (uid: unknown) => rows('select revision from spec_revisions where spec_uid = $1', uid);
    const uidOf = async (name: string) => (await specs(name))[0]?.['uid'];
    await install('erased');
    await install('erased', { config: { count: 9 } });
    await install('neighbour');
    const [uid, other] = [await uidOf('erased'), await uidOf('neighbour')];
    expect(await kept(uid)).toHaveLength(2);
    await remove('erased');
    await plane.converge();
    expect(await kept(uid)).toEqual([]);
    expect(await kept(other)).toHaveLength(1);
  });

  it('purges whole instances after their retention, keeps audit, and leaves what came back', async () => {
    const id = await install('old');
    await finishRun(database.pool, 'old');
    await rows(
      `insert into records (connector_instance_id, stream, key, version, emitted_at, data) values ($1, 's', 'k', 1, now(), '{}')`,
      id,
    );
    await remove('old');
    await plane.converge();
    const purge = () => plane.db.transaction((tx) => purgeExpiredInstances(tx, 10));
    expect(await purge()).toEqual([]);
    await rows(`update connector_instances set purge_after = now() - interval '1 second' where connector_instance_id = $1`, id);
    expect(await purge()).toEqual([id]);
    for (const table of ['records', 'runs', 'connector_instances', 'instance_leases', 'schedules']) {
      expect(await rows(`select 1 from ${table} where connector_instance_id = $1`, id)).toEqual([]);
    }
    expect((await rows(`select action from audit_events where connector_instance_id = $1`, id)).at(-1)).toEqual({
      action: 'connector.instance.purge',
    });
  });
});

describe('Disable and Retain', () => {
  it('Disable leaves the instance switched off, and a returning document takes it up again', async () => {
    const id = await install('off', { deletionPolicy: 'Disable' });
    await remove('off');
    await plane.converge();
    expect(await specs('off')).toEqual([]);
    expect(await instanceOf(plane.db, 'off')).toMatchObject({ enabled: false, deleted_at: null });
    expect(await schedules(id)).toEqual([]);
    expect(await install('off', { deletionPolicy: 'Disable' })).toBe(id);
    expect(await instanceOf(plane.db, 'off')).toMatchObject({ enabled: true, phase: 'active' });
  });

  it('Retain only forgets the document; a stranger may not take the name meanwhile', async () => {
    const id = await install('left', { deletionPolicy: 'Retain' });
    const [before, planned] = [await instanceOf(plane.db, 'left'), await schedules(id)];
    await remove('left');
    await plane.converge();
    expect(await specs('left')).toEqual([]);
    expect(await instanceOf(plane.db, 'left')).toEqual(before);
    expect(await schedules(id)).toEqual(planned);
    const stranger = connector('left', withSpec({ owner: { type: 'user', id: 'aaaaaaaa-6a0e-4c7e-9a54-0d8c1f2b3a10' } }));
    expect((await plane.upload([stranger])).results[0]).toMatchObject({ outcome: 'conflict' });
    expect(await install('left', { deletionPolicy: 'Retain' })).toBe(id);
  });

  it('Observe never mutated anything, so its removal does not either', async () => {
    const id = await install('seen');
    await plane.upload([connector('seen', withSpec({ mode: 'Observe', schedule: { every: '1h' } }))]);
    await plane.converge();
    await remove('seen');
    await plane.converge();
    expect(await specs('seen')).toEqual([]);
    expect(await instanceOf(plane.db, 'seen')).toMatchObject({ connector_instance_id: id, enabled: true, deleted_at: null });
  });

  it('a document that was never accepted leaves nothing behind', async () => {
    await plane.list([connector('never', withSpec({ config: {} }))]);
    await plane.converge();
    await plane.list([]);
    await plane.converge();
    expect(await specs('never')).toEqual([]);
  });
});
