import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isFault } from '../../../../platform/errors.ts';
import type { Connector } from '../../../../schemas/connector.ts';
import { printYaml } from '../../../../schemas/print-yaml.ts';
import type { ObjectChange } from '../../../../controller/apis/intake.ts';
import { SPEC_OWNED_COLUMNS } from '../../../../controller/store/instances/instance-codec.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { connector, withMetadata, withSpec } from '../../../gen/documents.ts';
import { type Installation, installation, operator, rowVersions, specOf, type TestFolder, testFolder } from '../../../gen/doors.ts';

let databases: TestDatabase[];
let byFolder: Installation;
let byUpload: Installation;
let folder: TestFolder;
beforeAll(async () => {
  databases = [await createDatabase(), await createDatabase()];
  [byFolder, byUpload] = (await Promise.all(databases.map(({ pool }) => installation(pool)))) as [Installation, Installation];
  folder = await testFolder(byFolder);
});
afterAll(() => Promise.all(databases.map((database) => database.drop())));

/** Edits of a document: most are fine, some are refused, each for a reason of its own. */
const edits = fc.record(
  {
    displayName: fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), { nil: undefined }),
    enabled: fc.boolean(),
    config: fc.record({ count: fc.integer({ min: -1, max: 9 }), mode: fc.string({ maxLength: 8 }) }, { requiredKeys: ['count'] }),
    schedule: fc.constantFrom(
      { every: '15m' },
      { cron: '0 7 * * 1-5', timeZone: 'Europe/Berlin' },
      { every: '1h', suspend: true },
      { every: 'soon' },
      undefined,
    ),
    deletionPolicy: fc.constantFrom('Uninstall', 'Disable', 'Retain'),
    typeVersion: fc.constantFrom(1, '1.0', '1.0.0', 7),
    type: fc.constantFrom('counter', 'counter', 'counter', 'mailbox', 'nothing'),
    limits: fc.record({ maxParallelInvocations: fc.integer({ min: 0, max: 5 }), queueDepth: fc.integer({ min: 1, max: 9 }) }),
  },
  { requiredKeys: [] },
);
const metadata = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom('team', 'tier'), fc.constantFrom('a', 'b')),
    annotations: fc.dictionary(fc.constantFrom('note'), fc.string({ maxLength: 9 })),
  },
  { requiredKeys: [] },
);
const versions = fc.array(fc.tuple(edits, metadata), { minLength: 1, maxLength: 4 });

let made = 0;

/** The rows behind a name, as far as the document decides them. */
async function rowsOf({ db }: Installation, name: string): Promise<unknown> {
  const columns = SPEC_OWNED_COLUMNS.map(([column]) => `i.${column}`).join(', ');
  const { rows } = await db.query(
    `select ${columns}, i.status, i.phase, i.phase_reason, s.schedule, s.suspended from connector_instances i
     left join schedules s using (connector_instance_id) where i.name = $1`,
    [name],
  );
  return rows;
}

/** What of an object both doors must agree on once it was accepted. */
async function acceptedOf(installed: Installation, name: string): Promise<unknown> {
  const row = await specOf(installed.db, name);
  return row?.['accepted_revision'] ?? null;
}

const request = (document: Connector) => ({
  text: printYaml(document),
  file: 'u.yaml',
  namespace: 'default',
  subject: operator,
  requestId: 'r',
});

/** True when the door took it. */
async function upload(document: Connector): Promise<boolean> {
  try {
    await byUpload.desired.door.apply(request(document));
    return true;
  } catch (error) {
    if (isFault(error, 'DocumentsRefused')) return false;
    throw error;
  }
}

describe('the folder and the upload door', () => {
  test('the same documents, one after the other, end in the same revision, the same row and the same verdict', async () => {
    await fc.assert(
      fc.asyncProperty(versions, async (steps) => {
        const name = `same-${(made += 1)}`;
        for (const [spec, more] of steps) {
          const document = connector(name, withSpec(spec as Parameters<typeof withSpec>[0]), withMetadata(more));
          const taken = await upload(document);
          folder.write(`${name}.yaml`, printYaml(document));
          await folder.list();
          await Promise.all([byFolder.converge(), byUpload.converge()]);
          const stored = await specOf(byFolder.db, name);
          expect({ taken, revision: stored?.['accepted_revision'] === stored?.['spec_digest'] }).toEqual({ taken, revision: taken });
          expect(await rowsOf(byFolder, name)).toEqual(await rowsOf(byUpload, name));
          expect(await acceptedOf(byFolder, name)).toBe(await acceptedOf(byUpload, name));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('what `diff` prints is what applying does, no more and no less: a second diff is empty', async () => {
    await fc.assert(
      fc.asyncProperty(versions, async (steps) => {
        const name = `plan-${(made += 1)}`;
        for (const [spec, more] of steps) {
          const document = connector(name, withSpec(spec as Parameters<typeof withSpec>[0]), withMetadata(more));
          const planned = await diff(document);
          const before = await rowVersions(byUpload.db);
          const taken = await upload(document);
          await byUpload.converge();
          if (planned === null) expect(taken).toBe(false);
          if (planned?.length === 0) {
            const { audit_events: _, ...rows } = await rowVersions(byUpload.db);
            expect(before).toMatchObject(rows);
          }
          if (taken) expect(await diff(document)).toEqual([]);
        }
      }),
      { numRuns: 30 },
    );
  });
});

/** The change set that the upload door foretells; null when it refuses. Looking writes nothing. */
async function diff(document: Connector): Promise<readonly ObjectChange[] | null> {
  const before = await rowVersions(byUpload.db);
  try {
    const { diffs } = await byUpload.desired.door.diff(request(document));
    return diffs.flatMap(({ changes }) => changes);
  } catch (error) {
    if (isFault(error, 'DocumentsRefused')) return null;
    throw error;
  } finally {
    expect(await rowVersions(byUpload.db)).toEqual(before);
  }
}
