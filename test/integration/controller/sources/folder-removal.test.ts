import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../../platform/clock.ts';
import { listen } from '../../../../platform/postgres/listen.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { printYaml } from '../../../../schemas/print-yaml.ts';
import { confirmRemoval, readSource, releaseSource } from '../../../../controller/store/sources/sources.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { connector, withSpec } from '../../../gen/documents.ts';
import {
  conditionIn,
  type Installation,
  installation,
  operator,
  rememberingLog,
  rowVersions,
  specOf,
  type TestFolder,
  testFolder,
} from '../../../gen/doors.ts';

let database: TestDatabase;
let installed: Installation;
let folder: TestFolder;
let nowMs = 0;
beforeAll(async () => {
  database = await createDatabase();
  installed = await installation(database.pool);
});
afterAll(() => database.drop());
beforeEach(async () => {
  folder = await testFolder(installed);
});

/** A clock that only the test moves. */
const clock = { now: () => new Date(), monotonicMs: () => nowMs };
const text = (name: string, count = 3): string => printYaml(connector(name, withSpec({ config: { count } })));
const list = async (): Promise<number> => {
  const nextMs = await folder.list();
  await installed.converge();
  return nextMs;
};
const spec = (name: string): Promise<Record<string, unknown> | undefined> => specOf(installed.db, name);

describe('what is gone from a folder', () => {
  test('[HARD-19.2.1-1] is believed only once it stayed away, so that a write that removes first costs nothing', async () => {
    folder = await testFolder(installed, { clock, timing: { settleMs: 2_000 } });
    folder.write('edited.yaml', text('edited'));
    expect(await list()).toBe(2_000);
    nowMs += 2_000;
    expect(await list()).toBe(60_000);
    const before = await spec('edited');
    folder.remove('edited.yaml');
    expect(await list()).toBe(2_000);
    folder.write('edited.yaml', text('edited', 4));
    await list();
    expect(await spec('edited')).toMatchObject({ uid: before?.['uid'], generation: 2, deletion_requested_at: null });
    folder.remove('edited.yaml');
    await list();
    nowMs += 1_999;
    await list();
    expect(await spec('edited')).toMatchObject({ deletion_requested_at: null });
    nowMs += 1;
    await list();
    expect(await spec('edited')).toBeUndefined();
  });

  test('a file written in two halves loses nothing meanwhile', async () => {
    folder = await testFolder(installed, { clock, timing: { settleMs: 2_000 } });
    const whole = [text('half-a'), text('half-b')].join('---\n');
    folder.write('halves.yaml', whole);
    await list();
    nowMs += 2_000;
    await list();
    const before = await spec('half-b');
    for (const length of [0, whole.indexOf('---'), whole.length - 4]) {
      writeFileSync(join(folder.folder, 'halves.yaml'), whole.slice(0, length));
      await list();
      nowMs += 500;
    }
    writeFileSync(join(folder.folder, 'halves.yaml'), whole);
    await list();
    nowMs += 2_000;
    await list();
    expect(await spec('half-b')).toMatchObject({
      uid: before?.['uid'],
      accepted_revision: before?.['accepted_revision'],
      deletion_requested_at: null,
    });
    expect(await spec('half-a')).toMatchObject({ deletion_requested_at: null });
  });

  test('a new holder believes its first listing no more than any other', async () => {
    folder.write('kept.yaml', text('kept'));
    await list();
    folder.remove('kept.yaml');
    const lost = await testFolder(installed, { folder: folder.folder, clock, timing: { settleMs: 2_000 }, isLost: () => true });
    await lost.list();
    await installed.converge();
    expect(await spec('kept')).toMatchObject({ deletion_requested_at: null });
    nowMs += 2_000;
    await lost.list();
    await installed.converge();
    expect(await spec('kept')).toBeUndefined();
  });

  test('a vanished folder removes nothing, is told by its documents and by readiness, and comes back as it was', async () => {
    folder.write('away.yaml', text('away'));
    await list();
    const before = await spec('away');
    renameSync(folder.folder, `${folder.folder}-away`);
    await list();
    expect(await spec('away')).toEqual(before);
    expect(folder.source.health().fault).toContain('ENOENT');
    await list();
    expect(await spec('away')).toMatchObject({ deletion_requested_at: null, accepted_revision: before?.['accepted_revision'] });
    expect(conditionIn(await spec('away'), 'SourceMissing')).toMatchObject({
      status: 'True',
      reason: 'SourceMissing',
      message: expect.stringContaining(folder.folder),
    });
    expect(await readSource(installed.db, folder.name)).toMatchObject({ listingError: { reason: 'SourceMissing' } });
    const told = await rowVersions(installed.db);
    await list();
    expect(await rowVersions(installed.db)).toEqual(told);
    expect(folder.lines.filter(({ facts }) => facts['reason'] === 'SourceMissing')).toHaveLength(1);
    renameSync(`${folder.folder}-away`, folder.folder);
    await list();
    expect(conditionIn(await spec('away'), 'SourceMissing')).toBeUndefined();
    expect(await spec('away')).toMatchObject({ uid: before?.['uid'], generation: 1, source_error: null });
    expect(folder.source.health()).toMatchObject({ fault: null, holder: true });
    expect(await readSource(installed.db, folder.name)).toMatchObject({ listingError: null });
  });

  test('a folder below that cannot be listed keeps what it declared; what lies beside it goes on', async () => {
    folder.write('below/deep.yaml', text('deep'));
    folder.write('beside.yaml', text('beside'));
    folder.write('leaves.yaml', text('leaves'));
    await list();
    rmSync(join(folder.folder, 'below'), { recursive: true });
    // A link to itself cannot be entered by anyone, the superuser included; as a file it would be no document.
    mkdirSync(join(folder.folder, 'below'));
    let deep = join(folder.folder, 'below');
    for (let depth = 0; depth < 40; depth++) mkdirSync((deep = join(deep, 'd')));
    folder.write('beside.yaml', text('beside', 7));
    folder.remove('leaves.yaml');
    await list();
    expect(await spec('beside')).toMatchObject({ spec: { config: { count: 7 } }, source_error: null });
    expect(await spec('leaves')).toMatchObject({ deletion_requested_at: null });
    expect(await spec('deep')).toMatchObject({ deletion_requested_at: null });
    expect(folder.source.health().fault).toContain('TooDeep');
    rmSync(join(folder.folder, 'below'), { recursive: true });
    await list();
    expect(await spec('deep')).toBeUndefined();
    expect(await spec('leaves')).toBeUndefined();
  });

  test('a mass removal waits until it is confirmed, and is told meanwhile', async () => {
    for (let n = 0; n < 30; n++) folder.write(`mass-${n}.yaml`, text(`mass-${n}`));
    await list();
    for (let n = 0; n < 11; n++) folder.remove(`mass-${n}.yaml`);
    await list();
    const pending = (await readSource(installed.db, folder.name))?.pendingRemoval;
    expect(pending).toMatchObject({ count: 11, total: 30 });
    expect(conditionIn(await spec('mass-3'), 'SourceMissing')).toMatchObject({ reason: 'RemovalPending' });
    expect(conditionIn(await spec('mass-3'), 'Ready')).toMatchObject({ status: 'True' });
    expect(conditionIn(await spec('mass-3'), 'SourceMissing')?.message).toContain('`connectorctl source confirm SOURCE`');
    const lines = folder.lines.filter(({ facts }) => facts['reason'] === 'RemovalPending');
    expect(lines.map(({ facts }) => facts)).toEqual([expect.objectContaining({ count: 11, total: 30 })]);
    const listening = new AbortController();
    const told = Promise.withResolvers<string>();
    const ready = Promise.withResolvers<void>();
    const channels = ['sources_changed'];
    const listener = listen(database.url, {
      channels,
      name: 'test-listen',
      signal: listening.signal,
      clock: systemClock,
      random: () => 0.5,
      log: rememberingLog().log,
      onNotify: told.resolve,
      onConnected: () => ready.resolve(),
    });
    await ready.promise;
    expect(await confirmRemoval(installed.db, folder.name, 'another')).toBe(false);
    expect(await confirmRemoval(installed.db, folder.name, pending?.token ?? '')).toBe(true);
    // The doors look again at once.
    expect(await told.promise).toBe('sources_changed');
    listening.abort();
    await listener.done;
    await list();
    await list();
    const { rows } = await installed.db.query('select count(*)::integer as n from connector_specs where source = $1', [folder.name]);
    expect(rows[0]?.['n']).toBe(19);
    expect(await readSource(installed.db, folder.name)).toMatchObject({ pendingRemoval: null, confirmedRemoval: null });
  });

  test('another folder under the name of the source implies no removal', async () => {
    folder.write('scoped.yaml', text('scoped'));
    await list();
    const elsewhere = await testFolder(installed, { name: folder.name, isLost: () => true });
    elsewhere.write('other.yaml', text('other-scope'));
    await elsewhere.list();
    await elsewhere.list();
    await installed.converge();
    expect(await spec('other-scope')).toMatchObject({ source: folder.name });
    expect(await spec('scoped')).toMatchObject({ deletion_requested_at: null });
    expect(conditionIn(await spec('scoped'), 'SourceMissing')).toMatchObject({ status: 'True', reason: 'SourceMissing' });
  });

  test('a released document is taken up by the other door under the same instance', async () => {
    folder.write('handed.yaml', text('handed'));
    await list();
    const before = await spec('handed');
    folder.remove('handed.yaml');
    await releaseSource(installed.db, folder.name);
    const submission = { text: text('handed', 8), file: 'upload.yaml', namespace: 'default', subject: operator, requestId: 'r' };
    expect((await installed.desired.door.apply(submission)).results).toEqual([expect.objectContaining({ outcome: 'configured' })]);
    await list();
    expect(await spec('handed')).toMatchObject({
      source: 'upload',
      uid: before?.['uid'],
      instance_id: before?.['instance_id'],
      deletion_requested_at: null,
      spec: { config: { count: 8 } },
    });
  });

  test('an annotation hands a document of the upload door to the folder', async () => {
    const adoptable = printYaml(
      connector('adopted', (document) => Object.assign(document.metadata, { annotations: { 'cynodeai.io/adopt': folder.name } })),
    );
    await installed.desired.door.apply({ text: adoptable, file: 'u', namespace: 'default', subject: operator, requestId: 'r' });
    const before = await spec('adopted');
    folder.write('adopted.yaml', text('adopted'));
    await list();
    expect(await spec('adopted')).toMatchObject({ source: folder.name, instance_id: before?.['instance_id'] });
  });

  test('a link that leads nowhere is a file that is gone', async () => {
    folder.write('target.yml', text('linked'));
    renameSync(join(folder.folder, 'target.yml'), join(folder.folder, 'target.txt'));
    symlinkSync('target.txt', join(folder.folder, 'link.yaml'));
    await list();
    expect(await spec('linked')).toBeDefined();
    rmSync(join(folder.folder, 'target.txt'));
    await list();
    expect(await spec('linked')).toBeUndefined();
  });
});
