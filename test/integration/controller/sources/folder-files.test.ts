import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { printYaml } from '../../../../schemas/print-yaml.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { connector, withSpec } from '../../../gen/documents.ts';
import { conditionIn, type Installation, installation, rowVersions, specOf, type TestFolder, testFolder } from '../../../gen/doors.ts';

let database: TestDatabase;
let installed: Installation;
let folder: TestFolder;
beforeAll(async () => {
  database = await createDatabase();
  installed = await installation(database.pool);
});
afterAll(() => database.drop());
beforeEach(async () => {
  folder = await testFolder(installed);
});

const text = (name: string, count = 3): string => printYaml(connector(name, withSpec({ config: { count } })));
const list = async (): Promise<void> => {
  await folder.list();
  await installed.converge();
};
const spec = (name: string): Promise<Record<string, unknown> | undefined> => specOf(installed.db, name);
const warnings = (): Record<string, unknown>[] => folder.lines.filter(({ level }) => level === 'warn').map(({ facts }) => facts);

describe('files of a folder', () => {
  test('[HARD-19.5-2] files added, changed and removed, at any depth and with several documents each', async () => {
    folder.write('team/mail/many.yaml', ['many-a', 'many-b'].map((name) => text(name)).join('---\n'));
    folder.write('one.json', JSON.stringify(connector('one')));
    await list();
    expect((await spec('many-b'))?.['origin']).toMatchObject({ file: 'team/mail/many.yaml' });
    expect(conditionIn(await spec('one'), 'Ready')).toMatchObject({ status: 'True' });
    folder.write('team/mail/many.yaml', text('many-a', 9));
    await list();
    expect(await spec('many-a')).toMatchObject({ generation: 2, spec: { config: { count: 9 } } });
    expect(await spec('many-b')).toBeUndefined();
    folder.remove('one.json');
    await list();
    expect(await spec('one')).toBeUndefined();
  });

  test('a broken file keeps what it declared, tells file, line and column in the status of its objects, and in the log once', async () => {
    folder.write('sound.yaml', text('sound'));
    folder.write('breaks.yaml', [text('breaks-a'), text('breaks-b')].join('---\n'));
    await list();
    const before = await spec('breaks-a');
    folder.write('breaks.yaml', `${text('breaks-a')}---\nkind: Connector\nmetadata: {name: [\n`);
    await list();
    await list();
    const told = conditionIn(await spec('breaks-b'), 'Admitted');
    expect(told).toMatchObject({ status: 'False', reason: 'SyntaxInvalid', message: expect.stringMatching(/breaks\.yaml:\d+:\d+: /) });
    expect((await spec('breaks-a'))?.['accepted_revision']).toBe(before?.['accepted_revision']);
    const once = warnings();
    expect(once[0]).toMatchObject({ file: 'breaks.yaml', line: expect.any(Number), column: expect.any(Number), reason: 'SyntaxInvalid' });
    await list();
    expect(warnings()).toEqual(once);
    folder.write('breaks.yaml', [text('breaks-a'), text('breaks-b')].join('---\n'));
    await list();
    expect(conditionIn(await spec('breaks-b'), 'Admitted')).toMatchObject({ status: 'True' });
    folder.write('breaks.yaml', `${text('breaks-a')}---\nkind: Connector\nmetadata: {name: [\n`);
    await list();
    expect(warnings()).toEqual([...once, ...once]);
  });

  test('[HARD-19.8-5] a refused document is told with its file, line and column, in the status and in the log once', async () => {
    folder.write('refused.yaml', text('refused'));
    await list();
    const before = await spec('refused');
    folder.write('refused.yaml', text('refused').replace('count: 3', 'count: three'));
    await list();
    await list();
    expect(await spec('refused')).toMatchObject({ accepted_revision: before?.['accepted_revision'], generation: 2 });
    expect(conditionIn(await spec('refused'), 'Admitted')).toMatchObject({
      status: 'False',
      reason: 'ConfigInvalid',
      message: expect.stringMatching(/refused\.yaml:\d+:\d+: spec\.config\.count/),
    });
    expect(warnings()).toEqual([
      expect.objectContaining({ connector: 'default/refused', file: 'refused.yaml', path: 'spec.config.count' }),
    ]);
  });

  test('a document of an unknown kind or without a name is told, and protects what else its file declared', async () => {
    folder.write('mixed.yaml', [text('mixed-a'), text('mixed-b')].join('---\n'));
    await list();
    folder.write('mixed.yaml', [text('mixed-a'), 'apiVersion: cynodeai.io/v1alpha1\nkind: Pod\nmetadata: {name: p}\n'].join('---\n'));
    folder.write('nameless.yaml', text('x').replace('name: x', 'labels: {}'));
    await list();
    expect(warnings().map(({ file, reason, path, line }) => [file, reason, path, line])).toEqual([
      ['mixed.yaml', 'FieldMissing', 'spec', 21],
      ['mixed.yaml', 'KindUnknown', 'kind', 22],
      ['nameless.yaml', 'NameInvalid', 'metadata.name', 3],
    ]);
    expect(await spec('mixed-b')).toMatchObject({ deletion_requested_at: null });
  });

  test('bytes that are no text are told as such', async () => {
    writeFileSync(join(folder.folder, 'latin.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9, 0x0a]));
    await list();
    expect(warnings()).toEqual([expect.objectContaining({ file: 'latin.yaml', reason: 'EncodingInvalid' })]);
  });

  test('an unreadable file keeps what it declared, and its objects tell', async () => {
    folder.write('opaque.yaml', text('opaque'));
    await list();
    folder.remove('opaque.yaml');
    // A link to itself cannot be read by anyone, the superuser included.
    symlinkSync('opaque.yaml', join(folder.folder, 'opaque.yaml'));
    await list();
    expect(await spec('opaque')).toMatchObject({ deletion_requested_at: null, source_error: { reason: 'FileUnreadable' } });
    expect(conditionIn(await spec('opaque'), 'Admitted')).toMatchObject({
      status: 'False',
      reason: 'FileUnreadable',
      message: expect.stringContaining('ELOOP'),
    });
  });

  test('two files that declare one name: the first recorded owns it, whatever its place in the order, and the other is told', async () => {
    folder.write('m.yaml', text('twice', 1));
    await list();
    folder.write('a.yaml', text('twice', 2));
    await list();
    const settled = await spec('twice');
    expect(settled).toMatchObject({ spec: { config: { count: 1 } }, origin: { file: 'm.yaml' } });
    expect(conditionIn(settled, 'SourceConflict')).toMatchObject({ status: 'True', message: expect.stringContaining('a.yaml') });
    await list();
    expect(await spec('twice')).toEqual(settled);
    expect(warnings()).toEqual([expect.objectContaining({ connector: 'default/twice', file: 'a.yaml', reason: 'SourceConflict' })]);
    folder.remove('m.yaml');
    await list();
    expect(await spec('twice')).toMatchObject({ instance_id: settled?.['instance_id'], spec: { config: { count: 2 } }, claims: [] });
    expect(conditionIn(await spec('twice'), 'SourceConflict')).toBeUndefined();
  });

  test('a document that moves to another file stays the same object', async () => {
    folder.write('before.yaml', text('moves'));
    await list();
    const before = await spec('moves');
    folder.write('after/moved.yaml', text('moves'));
    folder.remove('before.yaml');
    await list();
    expect(await spec('moves')).toMatchObject({
      uid: before?.['uid'],
      instance_id: before?.['instance_id'],
      generation: 1,
      deletion_requested_at: null,
      origin: { file: 'after/moved.yaml' },
    });
  });

  test('a swap of revisions, as git-sync does it, changes only what differs', async () => {
    for (const [revision, count] of [
      ['rev1', 1],
      ['rev2', 2],
    ] as const) {
      mkdirSync(join(folder.folder, `.${revision}`));
      writeFileSync(join(folder.folder, `.${revision}`, 'a.yaml'), text('swap-a', count));
      writeFileSync(join(folder.folder, `.${revision}`, 'b.yaml'), text('swap-b'));
    }
    symlinkSync('.rev1', join(folder.folder, 'current'));
    await list();
    const still = await spec('swap-b');
    unlinkSync(join(folder.folder, 'current'));
    symlinkSync('.rev2', join(folder.folder, 'current'));
    await list();
    expect(await spec('swap-a')).toMatchObject({ generation: 2, spec: { config: { count: 2 } }, origin: { file: 'current/a.yaml' } });
    expect(await spec('swap-b')).toEqual(still);
  });

  test('thousands of documents, in files of their own and in one, arrive in parts and rest without a write', async () => {
    for (let n = 0; n < 1_300; n++) writeFileSync(join(folder.folder, `fleet-${n}.yaml`), text(`fleet-${n}`));
    folder.write('fleet.yaml', Array.from({ length: 1_200 }, (_, n) => text(`ship-${n}`)).join('---\n'));
    await list();
    const { rows } = await installed.db.query(
      `select count(*)::integer as n from connector_specs where source = $1 and status -> 'conditions' @> '[{"type": "Ready", "status": "True"}]'`,
      [folder.name],
    );
    expect(rows[0]?.['n']).toBe(2_500);
    expect(folder.lines.filter(({ message }) => message === 'documents taken in').map(({ facts }) => facts['created'])).toEqual([2_500]);
    await folder.list();
    const before = await rowVersions(installed.db);
    await list();
    expect(await rowVersions(installed.db)).toEqual(before);

    // A few changes go ahead; what is gone is found by the comparison of the whole that follows.
    folder.write('fleet-7.yaml', text('fleet-7', 8));
    folder.remove('fleet-8.yaml');
    expect(await folder.list()).toBe(500);
    await installed.converge();
    expect(await spec('fleet-7')).toMatchObject({ generation: 2, origin: { scope: expect.stringContaining(folder.folder) } });
    expect(await spec('fleet-8')).toMatchObject({ deletion_requested_at: null });
    expect(await folder.list()).toBe(60_000);
    await installed.converge();
    expect(await spec('fleet-8')).toBeUndefined();
  });

  test('the commit of the work tree is told, and alone is no reason to write', async () => {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', folder.folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'main');
    folder.write('tracked.yaml', text('tracked'));
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    await list();
    expect((await spec('tracked'))?.['origin']).toMatchObject({ commit: git('rev-parse', 'HEAD') });
    await folder.list();
    const before = await rowVersions(installed.db);
    git('commit', '-q', '--allow-empty', '-m', 'two');
    git('pack-refs', '--all');
    await list();
    expect(await rowVersions(installed.db)).toEqual(before);
    folder.write('tracked.yaml', text('tracked', 4));
    await list();
    expect((await spec('tracked'))?.['origin']).toMatchObject({ commit: git('rev-parse', 'HEAD') });
  });
});
