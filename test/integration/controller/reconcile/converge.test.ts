import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { conditionOf, controlPlane, type ControlPlane, instanceOf, statusOf } from '../../../gen/control-plane.ts';
import { registeredType } from '../../../gen/admission-context.ts';
import { connector, connectorType, withSpec, withTypeSpec } from '../../../gen/documents.ts';
import { registerTypes, withdrawTypes } from '../../../../controller/store/catalog/types.ts';
import { makeSpecsOfTypesDue } from '../../../../controller/store/specs/claim-specs.ts';
import { endRun, finishRun } from '../../../gen/finished-run.ts';

let database: TestDatabase;
let plane: ControlPlane;
beforeAll(async () => {
  database = await createDatabase();
  plane = await controlPlane(database.pool);
});
afterAll(() => database.drop());

const audit = async (name: string): Promise<string[]> => {
  const { rows } = await database.pool.query<{ action: string }>('select action from audit_events where name = $1 order by seq', [name]);
  return rows.map((row) => row.action);
};
const apply = async (name: string, spec: Parameters<typeof withSpec>[0]): Promise<void> => {
  await plane.upload([connector(name, withSpec(spec))]);
  await plane.converge();
};

describe('a document becomes rows', () => {
  it('[HARD-19.5-6, HARD-4-2, HARD-4-3, HARD-19.5-10, HARD-19.5-11] is provisioning until its pass, then one active row, updated in place', async () => {
    await plane.upload([connector('first', withSpec({ schedule: { every: '1h' } }))]);
    expect(await statusOf(plane.db, 'first')).toMatchObject({ phase: 'provisioning', observedGeneration: 0 });
    expect(await instanceOf(plane.db, 'first')).toBeUndefined();
    await plane.converge();
    const row = await instanceOf(plane.db, 'first');
    expect(row).toMatchObject({ phase: 'active', status: 'active', enabled: true, config: { count: 3 } });
    expect(await conditionOf(plane.db, 'first', 'Ready')).toMatchObject({ status: 'True', reason: 'Converged', observedGeneration: 1 });
    expect(await conditionOf(plane.db, 'first', 'Reconciling')).toBeUndefined();
    await apply('first', { schedule: { every: '1h' }, config: { count: 9 } });
    expect(await instanceOf(plane.db, 'first')).toMatchObject({
      connector_instance_id: row?.['connector_instance_id'],
      config: { count: 9 },
    });
  });

  it('[HARD-19.2.1-2, HARD-19.2.1-3, REQ-CONNEC-0102, HARD-4-11, HARD-4-12, HARD-4-13] carries config, owner, project, versions and rate into the row', async () => {
    const projectId = '0d9f7c1e-2f4b-4c57-9a0e-5b0f6a3d2c11';
    const group = { type: 'group' as const, id: '7b2c5a3e-91cf-4e6e-8f33-1a2b3c4d5e6f' };
    await apply('mail', {
      owner: group,
      projectId,
      type: 'mailbox',
      typeVersion: 2,
      config: { host: 'imap.example.com' },
      credentials: { mode: 'none' },
      limits: { rateLimit: { rps: 2, burst: 5 } },
    });
    expect(await instanceOf(plane.db, 'mail')).toMatchObject({
      owner_type: 'group',
      owner_id: group.id,
      project_id: projectId,
      config: { host: 'imap.example.com' },
      connector_key: 'mailbox',
      connector_type_version: '2.3.1',
      config_schema_version: 4,
      rate_limit_policy: { rps: 2, burst: 5 },
    });
    await apply('own', {});
    expect(await instanceOf(plane.db, 'own')).toMatchObject({ owner_type: 'user', project_id: null });
  });

  it('[HARD-19.2.1-1, HARD-19.3-9, HARD-4-7, HARD-19.5-15] switches off and on with the spec, through provisioning', async () => {
    await apply('switched', { enabled: false, schedule: { every: '1h' } });
    expect(await instanceOf(plane.db, 'switched')).toMatchObject({ phase: 'disabled', enabled: false });
    const schedule = async () =>
      (
        await database.pool.query<{ suspended: boolean; due_at: Date | null }>(
          `select s.suspended, s.due_at from schedules s join connector_instances i using (connector_instance_id) where i.name = 'switched'`,
        )
      ).rows[0];
    expect(await schedule()).toMatchObject({ suspended: true, due_at: null });
    expect(await conditionOf(plane.db, 'switched', 'Ready')).toMatchObject({ status: 'True', reason: 'Disabled' });
    await apply('switched', { enabled: true, schedule: { every: '1h' } });
    expect(await instanceOf(plane.db, 'switched')).toMatchObject({ phase: 'active', enabled: true });
    expect(await schedule()).toMatchObject({ suspended: false, due_at: expect.any(Date) });
  });

  it('[HARD-4-1] refuses any other phase in the database itself', async () => {
    await expect(database.pool.query(`update connector_instances set phase = 'sleeping' where name = 'first'`)).rejects.toThrow();
  });

  it('[CI-1.1] keeps two connectors of one type apart: rows, schedules, pauses and runs', async () => {
    await plane.upload(['one', 'two'].map((name) => connector(name, withSpec({ schedule: { every: '1h' } }))));
    await plane.converge();
    await finishRun(database.pool, 'one', {
      state: 'failed',
      reason: 'connector_protocol_violation',
      failureClass: 'permanent',
      message: 'm',
    });
    const before = await instanceOf(plane.db, 'two');
    await plane.converge();
    expect(await instanceOf(plane.db, 'one')).toMatchObject({ phase: 'degraded', connector_key: 'counter' });
    expect(await instanceOf(plane.db, 'two')).toEqual(before);
    expect(before?.['connector_key']).toBe('counter');
    expect(before?.['connector_instance_id']).not.toBe((await instanceOf(plane.db, 'one'))?.['connector_instance_id']);
  });

  it('[CI-1.R1] keeps connector_key, manifest_uri and connector_instance_id in fields of their own', async () => {
    await plane.register([registeredType(connectorType('published', withTypeSpec({ manifestUri: 'https://types.example/published' })))]);
    await apply('bound', { type: 'published' });
    const { rows } = await database.pool.query<Record<string, string>>(
      `select i.connector_key, i.connector_instance_id, t.manifest_uri from connector_instances i
       join connector_types t on t.connector_key = i.connector_key and t.version = i.connector_type_version where i.name = 'bound'`,
    );
    expect(rows).toEqual([
      {
        connector_key: 'published',
        manifest_uri: 'https://types.example/published',
        connector_instance_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    ]);
  });

  it('[HARD-4-11] takes up a newer minor version of the type, and keeps a withdrawn one that is in use', async () => {
    const version = (number: string) => registeredType(connectorType('moving-type', withTypeSpec({ version: number })));
    await plane.register([version('1.0.0')]);
    await apply('follower', { type: 'moving-type', typeVersion: 1 });
    await apply('pinned', { type: 'moving-type', typeVersion: '1.0.0' });
    await plane.register([version('1.1.0')]);
    await makeSpecsOfTypesDue(plane.db, ['moving-type']);
    await plane.converge();
    expect(await instanceOf(plane.db, 'follower')).toMatchObject({ connector_type_version: '1.1.0' });
    expect(await instanceOf(plane.db, 'pinned')).toMatchObject({ connector_type_version: '1.0.0' });
    expect(await withdrawTypes(plane.db, [{ key: 'moving-type', version: '1.0.0' }])).toEqual(['moving-type']);
    await makeSpecsOfTypesDue(plane.db, ['moving-type']);
    await plane.converge();
    expect(await conditionOf(plane.db, 'pinned', 'TypeAvailable')).toMatchObject({ status: 'True', reason: 'Withdrawn' });
    expect(await conditionOf(plane.db, 'pinned', 'Ready')).toMatchObject({ status: 'True' });
    expect(
      await registerTypes(plane.db, [
        { ...version('1.0.0'), digest: 'other', origin: { kind: 'folder', folder: '/t', file: '/t/t.yaml' } },
      ]),
    ).toEqual([{ key: 'moving-type', version: '1.0.0', outcome: 'conflict' }]);
  });

  it('[HARD-19.1-2] ignores a status that a document brings along', async () => {
    const document = { ...connector('claims'), status: { phase: 'active', conditions: [] } };
    const { results } = await plane.upload([document]);
    expect(results[0]).toMatchObject({ outcome: 'created', findings: [expect.objectContaining({ reason: 'ServerFieldIgnored' })] });
    expect(await statusOf(plane.db, 'claims')).toMatchObject({ phase: 'provisioning' });
    await plane.converge();
  });
});

describe('evidence of runs', () => {
  it('[HARD-4-8, HARD-4-9, HARD-4-10, HARD-19.5-12] moves facts forward, and a failure that needs a person makes it degraded', async () => {
    await apply('facts', {});
    const good = await finishRun(database.pool, 'facts', { finishedAt: `'2026-01-02T00:00:00Z'` });
    await plane.converge();
    const success = new Date('2026-01-02T00:00:00Z');
    expect(await instanceOf(plane.db, 'facts')).toMatchObject({ last_success_at: success, health_checked_at: success, last_error: null });
    expect(await statusOf(plane.db, 'facts')).toMatchObject({ lastRun: { id: good, state: 'succeeded', records: 3 } });
    await finishRun(database.pool, 'facts', {
      state: 'failed',
      reason: 'connector_reported_failed',
      failureClass: 'permanent',
      message: 'no such folder',
      finishedAt: `'2026-01-03T00:00:00Z'`,
    });
    await plane.converge();
    const row = await instanceOf(plane.db, 'facts');
    expect(row).toMatchObject({ phase: 'degraded', phase_reason: 'connector_reported_failed', last_success_at: success });
    expect(row?.['last_error']).toMatchObject({ failure_class: 'permanent', message: 'no such folder' });
    expect(row?.['health_checked_at']).toEqual(new Date('2026-01-03T00:00:00Z'));
    expect(await conditionOf(plane.db, 'facts', 'Ready')).toMatchObject({ status: 'False', reason: 'LastRunFailed' });
    expect((await conditionOf(plane.db, 'facts', 'Ready'))?.message).toContain('connector_reported_failed');
    await finishRun(database.pool, 'facts', { finishedAt: `'2026-01-01T00:00:00Z'` });
    await plane.converge();
    expect(await instanceOf(plane.db, 'facts')).toMatchObject({ phase: 'active', last_success_at: success });
  });

  it('[HARD-4-5, HARD-19.5-14] tells a launch that cannot work as error, with what is missing', async () => {
    await apply('locked', {});
    expect(await conditionOf(plane.db, 'locked', 'CredentialReady')).toMatchObject({ status: 'Unknown', reason: 'NotTried' });
    const message = 'CONNECTOR_SECRET_COUNTER is not set';
    await finishRun(database.pool, 'locked', {
      state: 'failed',
      reason: 'CredentialUnavailable',
      failureClass: 'permanent',
      message,
      started: false,
    });
    await plane.converge();
    expect(await instanceOf(plane.db, 'locked')).toMatchObject({ phase: 'error', last_error: expect.objectContaining({ message }) });
    expect(await conditionOf(plane.db, 'locked', 'CredentialReady')).toMatchObject({
      status: 'False',
      reason: 'CredentialUnavailable',
      message,
    });
    expect(await conditionOf(plane.db, 'locked', 'Ready')).toMatchObject({ status: 'False', reason: 'CredentialUnavailable', message });
  });

  it('[HARD-4-6, HARD-19.5-13] tells a credential that the provider refuses as credential_expired', async () => {
    await apply('lapsed', {});
    await finishRun(database.pool, 'lapsed', {
      state: 'failed',
      reason: 'connector_reported_failed',
      failureClass: 'permanent',
      message: 'login expired',
      connectorError: { message: 'login expired', recovery_hint: { action: 'refresh_credentials' } },
    });
    await plane.converge();
    expect(await instanceOf(plane.db, 'lapsed')).toMatchObject({ phase: 'credential_expired' });
    await finishRun(database.pool, 'lapsed');
    await plane.converge();
    expect(await instanceOf(plane.db, 'lapsed')).toMatchObject({ phase: 'active' });
    expect(await conditionOf(plane.db, 'lapsed', 'CredentialReady')).toMatchObject({ status: 'True', reason: 'Resolved' });
  });

  it('an abandoned run is no evidence against a connector', async () => {
    await apply('torn', {});
    await finishRun(database.pool, 'torn', { state: 'abandoned', reason: 'RuntimeLost', failureClass: 'transient', message: 'gone' });
    await plane.converge();
    expect(await conditionOf(plane.db, 'torn', 'Ready')).toMatchObject({ status: 'True' });
  });
});

describe('refused generations', () => {
  it('[HARD-3.2-3, HARD-19.5-4, HARD-19.8-5] keeps the accepted revision in force and tells the refusal', async () => {
    const good = connector('edited');
    await plane.list([good]);
    await plane.converge();
    const [row, status] = [await instanceOf(plane.db, 'edited'), await statusOf(plane.db, 'edited')];
    await plane.list([connector('edited', withSpec({ config: { count: -7, wrong: 1 } }))]);
    await plane.converge();
    expect(await instanceOf(plane.db, 'edited')).toEqual(row);
    const told = await statusOf(plane.db, 'edited');
    expect(told).toMatchObject({ observedGeneration: 2, revision: status.revision, phase: 'active' });
    expect(await conditionOf(plane.db, 'edited', 'Admitted')).toMatchObject({ status: 'False', reason: 'ConfigInvalid' });
    expect((await conditionOf(plane.db, 'edited', 'Admitted'))?.message).toContain('spec.config.count');
    expect(await conditionOf(plane.db, 'edited', 'Ready')).toMatchObject({ status: 'False' });
    expect(await conditionOf(plane.db, 'edited', 'Stalled')).toMatchObject({ status: 'True' });
    await plane.list([good]);
    await plane.converge();
    expect(await conditionOf(plane.db, 'edited', 'Ready')).toMatchObject({ status: 'True' });
    expect(await statusOf(plane.db, 'edited')).toMatchObject({ revision: status.revision, observedGeneration: 3 });
  });

  it('[HARD-3.2-4, HARD-3.2-5] cannot be enabled with a config that does not fit', async () => {
    await apply('unfit', { enabled: false });
    const { results } = await plane.upload([connector('unfit', withSpec({ enabled: true, config: { count: -1 } }))]);
    await plane.converge();
    expect(results[0]).toMatchObject({ outcome: 'refused', reason: 'ConfigInvalid' });
    expect(await instanceOf(plane.db, 'unfit')).toMatchObject({ enabled: false, phase: 'disabled' });
  });
});

describe('drift', () => {
  it('[HARD-19.1-3, HARD-19.5-16, HARD-19.5-17, HARD-19.1-2] finds and overwrites hand-edited spec-owned fields, audited with before and after', async () => {
    await apply('drifted', { schedule: { every: '1h' } });
    await database.pool.query(
      `update connector_instances set config = '{"count": 666}', enabled = false, status = 'paused' where name = 'drifted'`,
    );
    expect(await resyncNow()).toBe(1);
    await plane.converge();
    // status is the owner's, not the spec's: it stays.
    expect(await instanceOf(plane.db, 'drifted')).toMatchObject({ config: { count: 3 }, enabled: true, status: 'paused' });
    const { rows } = await database.pool.query<{ changes: unknown }>(
      `select changes from audit_events where name = 'drifted' and action = 'connector.instance.drift_overwritten'`,
    );
    expect(rows).toEqual([
      {
        changes: [
          { path: 'enabled', before: false, after: true },
          { path: 'config', before: { count: 666 }, after: { count: 3 } },
        ],
      },
    ]);
    expect(await resyncNow()).toBe(0);
  });

  it('[HARD-19.5-9] audits what a pass changes, and nothing when it changes nothing', async () => {
    await apply('quiet', {});
    expect(await audit('quiet')).toEqual(['connector.spec.apply', 'connector.instance.create']);
    await database.pool.query(`update connector_specs set due_at = now() where name = 'quiet'`);
    const before = (await database.pool.query(`select * from connector_specs where name = 'quiet'`)).rows[0];
    await plane.converge();
    expect((await database.pool.query(`select * from connector_specs where name = 'quiet'`)).rows[0]).toEqual({ ...before, due_at: null });
    expect(await audit('quiet')).toHaveLength(2);
  });
});

describe('the owner and the operator', () => {
  it('a revoked connection outranks its document', async () => {
    await apply('revoked', { schedule: { every: '1h' } });
    await database.pool.query(`update connector_instances set status = 'revoked' where name = 'revoked'`);
    expect(await resyncNow()).toBe(1);
    await plane.converge();
    expect(await instanceOf(plane.db, 'revoked')).toMatchObject({ status: 'revoked', phase: 'disabled', phase_reason: 'Revoked' });
    expect(await conditionOf(plane.db, 'revoked', 'Ready')).toMatchObject({ status: 'False', reason: 'Revoked' });
    expect(await resyncNow()).toBe(0);
  });

  it('a paused object is left alone until it is resumed, a removal is not held up', async () => {
    await apply('held', {});
    await database.pool.query(`update connector_specs set reconcile_paused_at = now() where name = 'held'`);
    await apply('held', { config: { count: 8 } });
    expect(await instanceOf(plane.db, 'held')).toMatchObject({ config: { count: 3 } });
    expect(await conditionOf(plane.db, 'held', 'ReconcilePaused')).toMatchObject({ status: 'True' });
    await database.pool.query(`update connector_specs set deletion_requested_at = now(), due_at = now() where name = 'held'`);
    await plane.converge();
    expect(await instanceOf(plane.db, 'held')).toMatchObject({ deleted_at: expect.any(Date) });
  });

  it('Observe reports its plan for ever and writes nothing else', async () => {
    await apply('watched', { mode: 'Observe', schedule: { every: '1h' } });
    expect(await instanceOf(plane.db, 'watched')).toBeUndefined();
    expect((await conditionOf(plane.db, 'watched', 'Observing'))?.message).toContain('create instance');
    expect(await conditionOf(plane.db, 'watched', 'Ready')).toMatchObject({ status: 'False', reason: 'Observing' });
    expect(await resyncNow()).toBe(0);
    await apply('watched', { mode: 'Manage' });
    expect(await instanceOf(plane.db, 'watched')).toMatchObject({ phase: 'active' });
  });
});

describe('request tokens', () => {
  const asked = (name: string, token: string) => {
    const document = connector(name);
    return { ...document, metadata: { ...document.metadata, annotations: { 'cynodeai.io/run-requested': token } } };
  };
  const runs = async (name: string): Promise<Record<string, unknown>[]> =>
    (await database.pool.query('select run_id, state, requested_by from runs where connector_name = $1 order by run_id', [name])).rows;

  it('records a token that is there when the object is first seen, and carries out a new one once', async () => {
    await plane.upload([asked('asked', 'a')]);
    await plane.converge();
    expect(await runs('asked')).toEqual([]);
    expect(await statusOf(plane.db, 'asked')).toMatchObject({ lastHandledRequests: { run: 'a: recorded' } });
    await plane.upload([asked('asked', 'b')]);
    await plane.converge();
    await plane.converge();
    const made = await runs('asked');
    expect(made).toEqual([expect.objectContaining({ state: 'pending', requested_by: expect.objectContaining({ token: 'b' }) })]);
    expect(await statusOf(plane.db, 'asked')).toMatchObject({ lastHandledRequests: { run: `b: run ${String(made[0]?.['run_id'])}` } });
    await plane.upload([asked('asked', 'c')]);
    await plane.converge();
    await plane.converge();
    expect(await runs('asked')).toHaveLength(1);
    expect((await statusOf(plane.db, 'asked')).lastHandledRequests?.['run']).toContain('run_already_active');
    await endRun(database.pool, 'asked', String(made[0]?.['run_id']));
    await plane.converge();
    expect(await runs('asked')).toHaveLength(1);
  });
});

/** Compares everything once; answers how many objects it made due. */
async function resyncNow(): Promise<number> {
  return (await plane.resync(new AbortController().signal)).different;
}
