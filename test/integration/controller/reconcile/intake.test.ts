import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { releaseSource, confirmRemoval, registerSource } from '../../../../controller/store/sources/sources.ts';
import { takeSourceLease } from '../../../../controller/store/sources/source-leases.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { admissionContext, registeredType } from '../../../gen/admission-context.ts';
import {
  conditionOf,
  controlPlane,
  type ControlPlane,
  FOLDER,
  instanceOf,
  statusOf,
  submitted,
  UPLOAD,
} from '../../../gen/control-plane.ts';
import { connector, connectorType, withMetadata, withSpec } from '../../../gen/documents.ts';

const OTHER_OWNER = { type: 'user' as const, id: 'aaaaaaaa-6a0e-4c7e-9a54-0d8c1f2b3a10' };

let database: TestDatabase;
let plane: ControlPlane;
beforeAll(async () => {
  database = await createDatabase();
  plane = await controlPlane(database.pool);
});
afterAll(() => database.drop());

const named = (name: string, namespace: string) => connector(name, withMetadata({ namespace }));
const specRow = async (name: string): Promise<Record<string, unknown> | undefined> =>
  (await database.pool.query('select * from connector_specs where name = $1', [name])).rows[0];
const audit = async (name: string): Promise<Record<string, unknown>[]> =>
  (
    await database.pool.query(
      `select action, outcome, reason, actor, source, revision, namespace from audit_events where name = $1 and action like 'connector.spec.%' order by seq`,
      [name],
    )
  ).rows;

describe('documents through a door', () => {
  it('[HARD-19.10-1] answers acceptance; convergence is told later, in the status', async () => {
    const { results } = await plane.upload([connector('early')]);
    expect(results).toEqual([
      expect.objectContaining({ outcome: 'created', generation: 1, revision: expect.stringMatching(/^[0-9a-f]{64}$/), findings: [] }),
    ]);
    expect(await conditionOf(plane.db, 'early', 'Ready')).toMatchObject({ status: 'Unknown', reason: 'Pending' });
    await plane.converge();
    expect(await conditionOf(plane.db, 'early', 'Ready')).toMatchObject({ status: 'True' });
  });

  it('[HARD-19.8-2] counts generations by the spec alone, keeps the uid, and writes nothing for an equal document', async () => {
    const first = await plane.upload([connector('counted')]);
    const uid = first.results[0]?.uid;
    const labelled = await plane.upload([connector('counted', withMetadata({ labels: { team: 'a' } }))]);
    expect(labelled.results[0]).toMatchObject({ outcome: 'configured', generation: 1, uid });
    const before = await specRow('counted');
    const again = await plane.upload([connector('counted', withMetadata({ labels: { team: 'a' } }))]);
    expect(again.results[0]).toMatchObject({ outcome: 'unchanged', uid, generation: 1 });
    expect(await specRow('counted')).toEqual(before);
    const changed = await plane.upload([connector('counted', withSpec({ config: { count: 4 } }))]);
    expect(changed.results[0]).toMatchObject({ outcome: 'configured', generation: 2, uid });
  });

  it('[HARD-19.8-2] refuses a conditional apply that is stale', async () => {
    const { results } = await plane.upload([connector('versioned')]);
    const at = String(results[0]?.resourceVersion);
    const changed = (count: number, resourceVersion: string) =>
      connector('versioned', withSpec({ config: { count } }), withMetadata({ resourceVersion }));
    expect((await plane.upload([changed(4, at)])).results[0]).toMatchObject({ outcome: 'configured' });
    expect((await plane.upload([changed(5, at)])).results[0]).toMatchObject({ outcome: 'stale', reason: 'ResourceVersionConflict' });
    expect((await specRow('versioned'))?.['spec']).toMatchObject({ config: { count: 4 } });
    const absent = await plane.upload([connector('never-there', withMetadata({ resourceVersion: '1' }))]);
    expect(absent.results[0]).toMatchObject({ outcome: 'stale', reason: 'ResourceVersionConflict' });
  });

  it('[HARD-19.8-5, HARD-19.8-6] an upload that is refused stores nothing but its audit event', async () => {
    const { results } = await plane.upload([connector('refused', withSpec({ config: { count: -1 } }))], { requestId: 'r-1' });
    expect(results[0]).toMatchObject({
      outcome: 'refused',
      reason: 'ConfigInvalid',
      findings: [expect.objectContaining({ path: 'spec.config.count' })],
    });
    expect(await specRow('refused')).toBeUndefined();
    expect(await audit('refused')).toEqual([
      expect.objectContaining({
        outcome: 'refused',
        reason: 'ConfigInvalid',
        source: UPLOAD,
        actor: expect.objectContaining({ kind: 'operator', acts_for_every_owner: true }),
      }),
    ]);
    await plane.upload([connector('refused')]);
    expect((await audit('refused'))[1]).toMatchObject({ outcome: 'accepted', revision: (await specRow('refused'))?.['accepted_revision'] });
  });

  it('a refused document of a folder is stored without its secrets, and told', async () => {
    await plane.list([connector('leaky', withSpec({ config: { count: 1, password: 'hunter2-hunter2' } }))]);
    const { rows } = await database.pool.query(
      'select to_jsonb(s)::text as row from connector_specs s union all select to_jsonb(a)::text from audit_events a',
    );
    expect(JSON.stringify(rows)).not.toContain('hunter2-hunter2');
    await plane.converge();
    expect(await conditionOf(plane.db, 'leaky', 'Admitted')).toMatchObject({ status: 'False' });
    expect(await statusOf(plane.db, 'leaky')).toMatchObject({ phase: 'error' });
    expect(await instanceOf(plane.db, 'leaky')).toBeUndefined();
    await plane.list([]);
    await plane.converge();
  });

  it('[HARD-19.5-3] takes each document of an upload on its own', async () => {
    const { results } = await plane.upload([
      connector('several-a'),
      connector('several-bad', withSpec({ type: 'nothing' })),
      connector('several-b'),
    ]);
    expect(results.map(({ name, outcome, reason }) => [name, outcome, reason])).toEqual([
      ['several-a', 'created', undefined],
      ['several-bad', 'refused', 'TypeUnknown'],
      ['several-b', 'created', undefined],
    ]);
    await plane.converge();
    expect(await instanceOf(plane.db, 'several-b')).toMatchObject({ phase: 'active' });
    expect(await instanceOf(plane.db, 'several-bad')).toBeUndefined();
  });

  it('a dry run answers the same and stores nothing', async () => {
    const documents = [connector('dry'), connector('dry-bad', withSpec({ config: {} }))].map((document) => submitted(document));
    const submission = {
      source: UPLOAD,
      epoch: null,
      documents,
      scope: { namespaces: null, owners: null },
      actor: { kind: 'operator' as const, name: 't' },
      invalid: 'refuse' as const,
    };
    const previews = await plane.preview(submission);
    expect(previews.map(({ outcome }) => outcome)).toEqual(['created', 'refused']);
    expect(await specRow('dry')).toBeUndefined();
    expect(await audit('dry-bad')).toEqual([]);
  });
});

describe('two documents for one name', () => {
  it('the first recorded source owns it: the other door is refused, and the object tells of it, without a flip-flop', async () => {
    await plane.upload([connector('claimed')]);
    const before = await specRow('claimed');
    const mine = connector('claimed', withSpec({ config: { count: 99 } }));
    const { results } = await plane.list([mine]);
    expect(results[0]).toMatchObject({ outcome: 'conflict', reason: 'SourceConflict', message: expect.stringContaining('source upload') });
    await plane.converge();
    expect(await specRow('claimed')).toMatchObject({ spec: before?.['spec'], source: UPLOAD });
    expect(await conditionOf(plane.db, 'claimed', 'SourceConflict')).toMatchObject({
      status: 'True',
      message: expect.stringContaining('claimed.yaml'),
    });
    expect(await conditionOf(plane.db, 'claimed', 'Ready')).toMatchObject({ status: 'True' });
    const settled = await specRow('claimed');
    await plane.list([mine]);
    expect(await specRow('claimed')).toEqual(settled);
    await plane.list([]);
    await plane.converge();
    expect(await conditionOf(plane.db, 'claimed', 'SourceConflict')).toBeUndefined();
    expect((await plane.list([connector('claimed')])).results[0]).toMatchObject({ outcome: 'conflict' });
    await plane.list([]);
  });

  it('of two in one folder the recorded file wins, whatever the order, and the other takes over when it goes', async () => {
    const a = submitted(connector('twice'), 'a.yaml');
    const b = submitted(connector('twice', withSpec({ config: { count: 50 } })), 'b.yaml');
    await plane.list([], { documents: [a, b] });
    const second = await plane.list([], { documents: [b, a] });
    expect(second.results.map(({ outcome }) => outcome)).toEqual(['conflict', 'unchanged']);
    await plane.converge();
    expect((await specRow('twice'))?.['spec']).toMatchObject({ config: { count: 3 } });
    expect(await conditionOf(plane.db, 'twice', 'SourceConflict')).toMatchObject({ message: expect.stringContaining('b.yaml') });
    await plane.list([], { documents: [b] });
    await plane.converge();
    expect(await specRow('twice')).toMatchObject({ claims: [], origin: expect.objectContaining({ file: 'b.yaml' }) });
    expect((await specRow('twice'))?.['spec']).toMatchObject({ config: { count: 50 } });
    await plane.list([]);
    await plane.converge();
  });

  it('a name is unique for owner and project over all namespaces', async () => {
    await plane.upload([named('unique', 'one')]);
    expect((await plane.upload([named('unique', 'two')])).results[0]).toMatchObject({
      outcome: 'conflict',
      message: expect.stringContaining('one/unique'),
    });
    const both = await plane.upload([named('pair', 'one'), named('pair', 'two')]);
    expect(both.results.map(({ outcome }) => outcome)).toEqual(['created', 'conflict']);
    const other = connector('unique', withMetadata({ namespace: 'two' }), withSpec({ owner: OTHER_OWNER }));
    expect((await plane.upload([other])).results[0]).toMatchObject({ outcome: 'created' });
  });

  it('documents that are applied at the same moment: one is recorded, the other is told', async () => {
    const answers = await Promise.all([
      plane.upload([connector('raced')]),
      plane.list([connector('raced', withSpec({ config: { count: 8 } }))]),
    ]);
    const outcomes = answers.map(({ results }) => String(results[0]?.outcome)).sort();
    expect(outcomes).toEqual(['conflict', 'created']);
    await plane.list([]);
  });

  it('a source that lets go hands the object on, and the instance keeps its id', async () => {
    const adoptable = connector('moving', withMetadata({ annotations: { 'cynodeai.io/adopt': UPLOAD } }));
    await plane.list([connector('moving')]);
    await plane.converge();
    const id = (await instanceOf(plane.db, 'moving'))?.['connector_instance_id'];
    expect((await plane.upload([connector('moving')])).results[0]).toMatchObject({ outcome: 'conflict' });
    await plane.list([adoptable]);
    expect((await plane.upload([connector('moving')])).results[0]).toMatchObject({ outcome: 'configured' });
    expect(await specRow('moving')).toMatchObject({ source: UPLOAD });
    await plane.list([]);
    await plane.converge();
    expect(await instanceOf(plane.db, 'moving')).toMatchObject({ connector_instance_id: id, deleted_at: null });
    expect(await releaseSource(plane.db, UPLOAD)).toBeGreaterThan(0);
    expect((await plane.list([connector('moving')])).results[0]).toMatchObject({ outcome: 'configured' });
    await plane.converge();
    expect(await instanceOf(plane.db, 'moving')).toMatchObject({ connector_instance_id: id, deleted_at: null });
    await plane.list([]);
    await plane.converge();
  });
});

describe('what a listing does not show', () => {
  it('[HARD-19.5-2] a removed document goes, one in a broken file or of an unlisted source stays and says so', async () => {
    await plane.list([connector('kept'), connector('gone')]);
    await plane.converge();
    const broken = [
      {
        file: 'kept.yaml',
        findings: [
          {
            path: '',
            reason: 'SyntaxInvalid' as const,
            message: 'unexpected end',
            hint: 'Correct it.',
            severity: 'error' as const,
            file: 'kept.yaml',
            line: 1,
            column: 13,
          },
        ],
      },
    ];
    const { results } = await plane.list([], { broken });
    expect(results).toEqual([expect.objectContaining({ name: 'gone', outcome: 'removal_requested' })]);
    await plane.converge();
    expect(await specRow('gone')).toBeUndefined();
    expect(await conditionOf(plane.db, 'kept', 'Admitted')).toMatchObject({
      status: 'False',
      reason: 'SyntaxInvalid',
      message: expect.stringContaining('kept.yaml:1:13: unexpected end'),
    });
    expect(await instanceOf(plane.db, 'kept')).toMatchObject({ deleted_at: null, phase: 'active' });
    const told = await specRow('kept');
    await plane.list([], { broken });
    expect(await specRow('kept')).toEqual(told);
    await plane.list([connector('kept')]);
    await plane.converge();
    expect(await conditionOf(plane.db, 'kept', 'Admitted')).toMatchObject({ status: 'True' });

    await plane.intake.reportUnavailable(FOLDER, 1, { message: 'the folder is gone' });
    await plane.converge();
    expect(await conditionOf(plane.db, 'kept', 'SourceMissing')).toMatchObject({
      status: 'True',
      message: expect.stringContaining('the folder is gone'),
    });
    expect(await conditionOf(plane.db, 'kept', 'Ready')).toMatchObject({ status: 'True' });
    const missing = await specRow('kept');
    await plane.intake.reportUnavailable(FOLDER, 1, { message: 'the folder is gone' });
    expect(await specRow('kept')).toEqual(missing);
    await plane.list([connector('kept')]);
    await plane.converge();
    expect(await conditionOf(plane.db, 'kept', 'SourceMissing')).toBeUndefined();
  });

  it('another scope implies no removal', async () => {
    const { results } = await plane.list([], { listing: { fingerprint: 'folder /elsewhere' } });
    expect(results).toEqual([expect.objectContaining({ name: 'kept', outcome: 'missing', reason: 'SourceMissing' })]);
    await plane.converge();
    expect(await instanceOf(plane.db, 'kept')).toMatchObject({ deleted_at: null });
    await plane.list([connector('kept')]);
    await plane.converge();
  });

  it('a mass removal waits until it is confirmed', async () => {
    const many = Array.from({ length: 40 }, (_, at) => connector(`many-${at}`));
    await plane.list([connector('kept'), ...many]);
    await plane.converge();
    const most = many.slice(0, 28);
    const { pendingRemoval, results } = await plane.list([connector('kept'), ...most]);
    expect(pendingRemoval).toMatchObject({ count: 12, total: 41 });
    expect(results.filter(({ outcome }) => outcome === 'missing')).toHaveLength(12);
    await plane.converge();
    expect(await conditionOf(plane.db, 'many-30', 'SourceMissing')).toMatchObject({ reason: 'RemovalPending' });
    expect(await confirmRemoval(plane.db, FOLDER, 'another')).toBe(false);
    expect(await confirmRemoval(plane.db, FOLDER, pendingRemoval?.token ?? '')).toBe(true);
    const confirmed = await plane.list([connector('kept'), ...most]);
    expect(confirmed.pendingRemoval).toBeNull();
    expect(confirmed.results.filter(({ outcome }) => outcome === 'removal_requested')).toHaveLength(12);
    await plane.converge();
    expect(await specRow('many-30')).toBeUndefined();
    // Ten at a time are believed.
    const eleven = await plane.list([connector('kept'), ...most.slice(0, 18)]);
    expect(eleven.results.filter(({ outcome }) => outcome === 'removal_requested')).toHaveLength(10);
    await plane.converge();
  });
});

describe('fencing and catalog', () => {
  it('a holder that lost its source writes nothing', async () => {
    const before = (await database.pool.query('select count(*) from connector_specs')).rows;
    const epoch = await takeSourceLease(plane.db, FOLDER, '00000000-0000-7000-8000-000000000001', await lease());
    await expect(plane.list([connector('late')])).rejects.toMatchObject({ reason: 'SourceLeaseLost', disposition: { kind: 'stall' } });
    expect((await database.pool.query('select count(*) from connector_specs')).rows).toEqual(before);
    await expect(plane.list([connector('late')], { source: UPLOAD, epoch: 7 })).rejects.toMatchObject({ reason: 'SourceLeaseLost' });
    await expect(plane.list([connector('late')], { source: 'nobody' })).rejects.toMatchObject({ reason: 'NotFound' });
    expect((await plane.list([connector('kept')], { epoch })).results[0]).toMatchObject({ outcome: 'unchanged' });
  });

  it('of two takers of one source one wins', async () => {
    await registerSource(plane.db, { name: 'second', kind: 'gitops', fingerprint: '' });
    const process = (n: number): string => `00000000-0000-7000-8000-00000000001${n}`;
    const taken = await Promise.all([1, 2, 3].map((n) => takeSourceLease(plane.db, 'second', process(n), null)));
    expect(taken.filter((epoch) => epoch !== null)).toEqual([1]);
  });

  it('a document refused for want of its type is admitted when the type appears', async () => {
    const epoch =
      (await database.pool.query<{ epoch: number }>('select epoch from source_leases where source = $1', [FOLDER])).rows[0]?.epoch ?? 0;
    const documents = [
      submitted(connector('kept'), 'kept.yaml'),
      submitted(connector('waiting', withSpec({ type: 'later' })), 'waiting.yaml'),
    ];
    await plane.list([], { documents, epoch });
    await plane.converge();
    expect(await conditionOf(plane.db, 'waiting', 'TypeAvailable')).toMatchObject({ status: 'False', reason: 'TypeUnknown' });
    expect(await conditionOf(plane.db, 'waiting', 'Admitted')).toMatchObject({ status: 'False', reason: 'TypeUnknown' });
    await plane.register([registeredType(connectorType('later'))]);
    await plane.list([], { documents, epoch });
    await plane.converge();
    expect(await conditionOf(plane.db, 'waiting', 'Ready')).toMatchObject({ status: 'True' });
    expect(await instanceOf(plane.db, 'waiting')).toMatchObject({ connector_key: 'later' });
    expect(admissionContext().catalog.resolve('later', 1).outcome).toBe('unknown_key');
  });

  async function lease(): Promise<{ epoch: number; processId: string | null }> {
    const { rows } = await database.pool.query<{ epoch: number; process_id: string }>(
      'select epoch, process_id from source_leases where source = $1',
      [FOLDER],
    );
    return { epoch: Number(rows[0]?.epoch), processId: rows[0]?.process_id ?? null };
  }
});
