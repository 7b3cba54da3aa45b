import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isFault } from '../../platform/errors.ts';
import { revisionOf } from '../../schemas/revision.ts';
import type { Connector, ConnectorSpec } from '../../schemas/connector.ts';
import { submittedDigest, type SubmissionResult } from '../../controller/apis/intake.ts';
import { registerSource } from '../../controller/store/sources/sources.ts';
import { createDatabase, type TestDatabase } from '../database.ts';
import { connector, withMetadata, withSpec } from '../gen/documents.ts';
import { conditionIn, type Installation, installation, rowVersions, specOf } from '../gen/doors.ts';

/** One door under test: documents go in as their authors hand them in. */
export interface DoorUnderTest {
  /** Name under which what came through the door is recorded. */
  readonly source: string;
  /**
   * Brings these documents through the door, beside those that it shows already. Resolves when the door is done with them; throws the
   * door's refusal where the door can refuse.
   */
  apply(...documents: Connector[]): Promise<void>;
  /** Takes a document away. */
  remove(name: string): Promise<void>;
  /** Applies only if the object is at this version; absent where the door has no such thing. Throws `ResourceVersionConflict`. */
  applyAt?(document: Connector, resourceVersion: string): Promise<void>;
  /** True: a refused document is answered, and nothing of it is stored. False: it is stored beside the accepted one and told in the status. */
  readonly refuses: boolean;
}

/** What every door does; `open` makes one on a fresh installation. */
export function doorContract(open: (installed: Installation) => Promise<DoorUnderTest>): void {
  let database: TestDatabase;
  let installed: Installation;
  let door: DoorUnderTest;
  beforeAll(async () => {
    database = await createDatabase();
    installed = await installation(database.pool);
    await registerSource(installed.db, { name: OTHER, kind: 'upload', fingerprint: '' });
    door = await open(installed);
  });
  afterAll(() => database.drop());

  const spec = (name: string): Promise<Record<string, unknown> | undefined> => specOf(installed.db, name);
  const instance = async (name: string): Promise<Record<string, unknown> | undefined> =>
    (await installed.db.query('select * from connector_instances where name = $1', [name])).rows[0];
  /** Brings documents and lets the controller work until nothing is due. */
  const settle = async (...documents: Connector[]): Promise<void> => {
    await door.apply(...documents);
    await installed.converge();
  };
  const refused = async (...documents: Connector[]): Promise<unknown> => {
    const failure = await door.apply(...documents).then(
      () => null,
      (error: unknown) => error,
    );
    await installed.converge();
    return failure;
  };
  const throughOther = async (document: Connector): Promise<SubmissionResult> => {
    const { namespace = 'default', name } = document.metadata;
    const result = await installed.desired.intake.submit({
      source: OTHER,
      epoch: null,
      documents: [{ namespace, name, digest: submittedDigest(document), origin: {}, read: () => ({ value: document }) }],
      scope: { namespaces: null, owners: null },
      actor: { kind: 'operator', name: 'other' },
      invalid: 'refuse',
    });
    await installed.converge();
    return result;
  };
  const counting = (name: string, count: number): Connector => connector(name, withSpec({ config: { count } }));

  describe('door contract', () => {
    test('[HARD-19.5-6] a document becomes its revision and one row, the same through every door', async () => {
      const document = connector(
        'made',
        withSpec({ displayName: 'Made', schedule: { every: '15m' } }),
        withMetadata({ labels: { team: 'a' } }),
      );
      await settle(document);
      const revision = revisionOf(document.spec as ConnectorSpec);
      expect(await spec('made')).toMatchObject({
        source: door.source,
        generation: 1,
        observed_generation: 1,
        spec: document.spec,
        labels: { team: 'a' },
        accepted_revision: revision,
        findings: [],
      });
      expect(conditionIn(await spec('made'), 'Ready')).toMatchObject({ status: 'True' });
      expect(await instance('made')).toMatchObject({
        namespace: 'default',
        owner_type: 'user',
        owner_id: document.spec.owner?.id,
        connector_key: 'counter',
        connector_type_version: '1.0.0',
        display_name: 'Made',
        status: 'active',
        phase: 'active',
        enabled: true,
        revision,
        config: { count: 3 },
      });
    });

    test('[HARD-19.5-6, HARD-19.1-3] a changed document updates its row in place', async () => {
      await settle(counting('edited', 1));
      const before = await instance('edited');
      await settle(counting('edited', 2));
      expect(await instance('edited')).toMatchObject({
        connector_instance_id: before?.['connector_instance_id'],
        config: { count: 2 },
        revision: revisionOf(counting('edited', 2).spec as ConnectorSpec),
      });
      expect(await spec('edited')).toMatchObject({ generation: 2, observed_generation: 2 });
    });

    test('a document that says the same again, in whatever words, writes nothing', async () => {
      await settle(connector('still', withSpec({ config: { count: 4 }, deletionPolicy: 'Disable' })));
      const before = await rowVersions(installed.db);
      await settle(
        connector('still', withSpec({ deletionPolicy: 'Disable', config: { count: 4.0 } }), withMetadata({ uid: 'x', generation: 9 })),
      );
      await installed.converge();
      expect(await rowVersions(installed.db)).toEqual(before);
    });

    test('[HARD-19.8-5, HARD-19.3-1] an invalid edit leaves what was accepted in force, and is told', async () => {
      await settle(counting('live', 1));
      const before = { instance: await instance('live'), spec: await spec('live') };
      const failure = await refused(connector('live', withSpec({ config: { count: 1, cuont: 2 } })));
      const after = await spec('live');
      expect(await instance('live')).toMatchObject({ revision: before.instance?.['revision'], config: { count: 1 }, enabled: true });
      expect(after?.['accepted_revision']).toBe(before.spec?.['accepted_revision']);
      if (door.refuses) {
        expect(isFault(failure, 'DocumentsRefused')).toBe(true);
        expect(after).toEqual(before.spec);
      } else {
        expect(conditionIn(after, 'Admitted')).toMatchObject({
          status: 'False',
          reason: 'ConfigInvalid',
          message: expect.stringContaining('spec.config.cuont'),
        });
        expect(after).toMatchObject({ generation: 2, observed_generation: 2 });
      }
      await settle(counting('live', 1));
      expect(conditionIn(await spec('live'), 'Admitted')).toMatchObject({ status: 'True' });
    });

    test('[HARD-19.3-1] a misspelt field is refused with its path, and makes no row', async () => {
      const failure = await refused(connector('misspelt', (document) => Object.assign(document.spec, { shedule: { every: '1h' } })));
      expect(await instance('misspelt')).toBeUndefined();
      const told = door.refuses
        ? JSON.stringify((failure as { details: unknown }).details)
        : conditionIn(await spec('misspelt'), 'Admitted')?.message;
      expect(told).toContain('spec.shedule');
      await door.remove('misspelt').catch(() => undefined);
      await installed.converge();
    });

    test('owner and type never change: such an edit is refused and leaves the row as it is', async () => {
      await settle(connector('fixed'));
      const before = await instance('fixed');
      const edits = [
        withSpec({ type: 'mailbox', config: { host: 'h' }, credentials: { mode: 'none' }, typeVersion: 2 }),
        withSpec({ owner: OWNER }),
      ];
      for (const edit of edits) {
        const failure = await refused(connector('fixed', edit));
        const told = door.refuses
          ? JSON.stringify((failure as { details: unknown }).details)
          : JSON.stringify(conditionIn(await spec('fixed'), 'Admitted'));
        expect(told).toContain('FieldImmutable');
        expect(await instance('fixed')).toMatchObject({
          owner_id: before?.['owner_id'],
          connector_key: 'counter',
          revision: before?.['revision'],
        });
      }
      await settle(connector('fixed'));
    });

    test.each([
      ['Uninstall', { status: 'revoked', phase: 'disabled' }],
      ['Disable', { status: 'active', phase: 'disabled', enabled: false }],
      ['Retain', { status: 'active', phase: 'active', enabled: true }],
    ] as const)(
      '[HARD-19.2.1-1] a document that is taken away leaves by its deletion policy, and comes back as it was: %s',
      async (deletionPolicy, left) => {
        const name = `goes-${deletionPolicy.toLowerCase()}`;
        await settle(connector(name, withSpec({ deletionPolicy })));
        await door.remove(name);
        await installed.converge();
        expect(await spec(name)).toBeUndefined();
        expect(await instance(name)).toMatchObject(left);
        const { connector_instance_id: id } = (await instance(name)) ?? {};
        await settle(connector(name, withSpec({ deletionPolicy })));
        expect(await instance(name)).toMatchObject({
          connector_instance_id: id,
          status: 'active',
          phase: 'active',
          enabled: true,
          deleted_at: null,
        });
      },
    );

    test('[HARD-19.2.1-1] enabled is desired state: off and on again', async () => {
      await settle(connector('switched'));
      await settle(connector('switched', withSpec({ enabled: false })));
      expect(await instance('switched')).toMatchObject({ enabled: false, phase: 'disabled' });
      await settle(connector('switched'));
      expect(await instance('switched')).toMatchObject({ enabled: true, phase: 'active' });
    });

    test('a name that another source has stays with it: no flip-flop, however often both come again', async () => {
      await throughOther(counting('theirs', 1));
      const failure = await refused(counting('theirs', 2));
      if (door.refuses) expect(isFault(failure, 'SourceConflict')).toBe(true);
      else
        expect(conditionIn(await spec('theirs'), 'SourceConflict')).toMatchObject({
          status: 'True',
          message: expect.stringContaining(door.source),
        });
      const settled = await spec('theirs');
      expect(settled).toMatchObject({ source: OTHER, spec: { config: { count: 1 } } });
      for (let round = 0; round < 3; round++) {
        await refused(counting('theirs', 2));
        expect((await throughOther(counting('theirs', 1))).results[0]).toMatchObject({ outcome: 'unchanged' });
      }
      expect(await spec('theirs')).toEqual(settled);
      await door.remove('theirs').catch(() => undefined);
      await installed.converge();
      expect(conditionIn(await spec('theirs'), 'SourceConflict')).toBeUndefined();
      expect(await instance('theirs')).toMatchObject({ phase: 'active', config: { count: 1 } });
    });

    test('a name that this door has stays with it', async () => {
      await settle(counting('ours', 1));
      const settled = await spec('ours');
      for (let round = 0; round < 3; round++) {
        expect((await throughOther(counting('ours', 2))).results[0]).toMatchObject({ outcome: 'conflict', reason: 'SourceConflict' });
        await settle(counting('ours', 1));
      }
      expect(await spec('ours')).toEqual(settled);
    });

    test('a conditional apply takes effect only at the version that it names', async () => {
      if (door.applyAt === undefined) return;
      await settle(counting('versioned', 1));
      const version = String((await spec('versioned'))?.['resource_version']);
      await door.applyAt(counting('versioned', 2), version);
      await installed.converge();
      const stale = await door.applyAt(counting('versioned', 3), version).then(
        () => null,
        (error: unknown) => error,
      );
      expect(isFault(stale, 'ResourceVersionConflict')).toBe(true);
      expect(await instance('versioned')).toMatchObject({ config: { count: 2 } });
    });

    test('[HARD-19.1-3] a row that was altered by hand is restored with no new submission', async () => {
      await settle(counting('drifting', 5));
      await installed.db.query(`update connector_instances set config = '{"count": 99}' where name = 'drifting'`);
      const differing = await installed.db.query(`update connector_specs set due_at = now() where name = 'drifting'`);
      expect(differing.rowCount).toBe(1);
      await installed.converge();
      expect(await instance('drifting')).toMatchObject({ config: { count: 5 } });
    });
  });
}

const OTHER = 'another-source';
const OWNER = { type: 'user' as const, id: 'aaaaaaaa-6a0e-4c7e-9a54-0d8c1f2b3a10' };
