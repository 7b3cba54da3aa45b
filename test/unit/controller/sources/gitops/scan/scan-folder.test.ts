import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type FolderScan, scanFolder } from '../../../../../../controller/sources/gitops/scan/scan-folder.ts';

const limits = { maxFileBytes: 1000, maxDepth: 4 };
/** Later than any write of these tests by more than the file system's clock can be wrong, so that stamps are trusted. */
const soon = new Date(Date.now() + 3_600_000);
const text = (seen: FolderScan): (string | undefined)[] =>
  seen.files.map(({ content }) => (content === undefined ? undefined : Buffer.from(content).toString()));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scan-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const scan = (before?: FolderScan): Promise<FolderScan> => scanFolder({ folder, limits, before: before?.memory ?? new Map(), now: soon });

describe('scanFolder', () => {
  test('finds YAML and JSON at any depth, and nothing that a mount or an editor hides', async () => {
    mkdirSync(join(folder, 'team', 'mail'), { recursive: true });
    mkdirSync(join(folder, '..2026_11'), { recursive: true });
    for (const name of ['b.yml', 'a.yaml', 'team/mail/c.json', 'notes.txt', '.hidden.yaml', '..2026_11/d.yaml']) write(name, name);
    const seen = await scan();
    expect(seen.files.map((file) => file.path)).toEqual(['a.yaml', 'b.yml', 'team/mail/c.json']);
    expect(seen).toMatchObject({ complete: true, unreadable: [] });
  });

  test('reads only what changed since the last scan', async () => {
    write('a.yaml', 'one');
    write('b.yaml', 'two');
    const first = await scan();
    expect(text(first)).toEqual(['one', 'two']);
    write('b.yaml', 'three');
    const second = await scan(first);
    expect(text(second)).toEqual([undefined, 'three']);
    expect(second.files[0]?.digest).toBe(first.files[0]?.digest);
  });

  test('a file that changed within the last second is read again, since its next write may leave no trace', async () => {
    write('a.yaml', 'one');
    const now = new Date();
    const first = await scanFolder({ folder, limits, before: new Map(), now });
    expect(first.memory.get('a.yaml')?.stamp).toBeNull();
    const later = await scanFolder({ folder, limits, before: first.memory, now: soon });
    expect(text(later)).toEqual([undefined]);
    expect(later.memory.get('a.yaml')?.stamp).not.toBeNull();
  });

  test('thousands of files are read on a thread of their own, with the same answers', async () => {
    for (let n = 0; n < 450; n++) write(`${String(n).padStart(4, '0')}.yaml`, `${n}`);
    const seen = await scan();
    expect(text(seen)).toEqual(Array.from({ length: 450 }, (_, n) => `${n}`));
    expect(seen.files[7]?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(text(await scan(seen))).toEqual(seen.files.map(() => undefined));
  });

  test('a file that was touched but not changed brings no text', async () => {
    write('a.yaml', 'one');
    const first = await scan();
    utimesSync(join(folder, 'a.yaml'), 1, 1);
    expect((await scan(first)).files).toEqual([{ path: 'a.yaml', digest: first.files[0]?.digest, content: undefined }]);
  });

  test('[HARD-19.5-2] a vanished folder is an incomplete scan, so that it implies no removal', async () => {
    rmSync(folder, { recursive: true });
    expect(await scan()).toMatchObject({ complete: false, files: [], unreadable: [{ path: './', code: 'ENOENT' }] });
  });

  test('a file over the limit is told, not cut, and the rest is listed', async () => {
    write('big.yaml', 'x'.repeat(1001));
    write('small.yaml', 'x');
    expect(await scan()).toMatchObject({
      complete: true,
      unreadable: [{ path: 'big.yaml', code: 'TooLarge' }],
      files: [{ path: 'small.yaml' }],
    });
  });

  test('a folder nested too deep makes the scan incomplete', async () => {
    mkdirSync(join(folder, '1/2/3/4/5'), { recursive: true });
    expect(await scan()).toMatchObject({ complete: false, unreadable: [{ path: '1/2/3/4/5/', code: 'TooDeep' }] });
  });

  test('a loop of links is entered once, a broken link is gone', async () => {
    write('a.yaml', 'one');
    symlinkSync(folder, join(folder, 'loop'));
    symlinkSync(join(folder, 'nothing.yaml'), join(folder, 'broken.yaml'));
    expect((await scan()).files.map((file) => file.path)).toEqual(['a.yaml']);
  });

  test('a swap of a mounted revision is seen through its links', async () => {
    for (const revision of ['..rev1', '..rev2']) {
      mkdirSync(join(folder, revision));
      writeFileSync(join(folder, revision, 'a.yaml'), revision);
    }
    symlinkSync('..rev1', join(folder, '..data'));
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'));
    const first = await scan();
    unlinkSync(join(folder, '..data'));
    symlinkSync('..rev2', join(folder, '..data'));
    expect([...text(first), ...text(await scan(first))]).toEqual(['..rev1', '..rev2']);
  });

  test('a folder that may not be listed makes the scan incomplete', async () => {
    mkdirSync(join(folder, 'closed'));
    chmodSync(join(folder, 'closed'), 0o000);
    const seen = await scan();
    // The superuser may list it all the same.
    expect(seen.complete).toBe(process.getuid?.() === 0);
    chmodSync(join(folder, 'closed'), 0o700);
  });
});
