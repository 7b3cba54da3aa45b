import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type FolderWatch, watchFolder } from '../../../../../controller/sources/gitops/watch-folder.ts';

let root: string;
let watch: FolderWatch | undefined;
let calls: number;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'watch-')));
  calls = 0;
});
afterEach(async () => {
  await watch?.close();
  rmSync(root, { recursive: true, force: true });
});

/** Opens the watch and lets it settle, so that only what follows counts. */
async function open(folder: string): Promise<void> {
  watch = watchFolder(
    folder,
    { quietMs: 20, burstMs: 100 },
    () => calls++,
    () => undefined,
  );
  await sleep(300);
  calls = 0;
}

async function called(): Promise<boolean> {
  for (let waited = 0; waited < 5000 && calls === 0; waited += 20) await sleep(20);
  return calls > 0;
}

describe('watchFolder', () => {
  test('a written, a renamed and a deeply nested file each ask for a look', async () => {
    mkdirSync(join(root, 'docs/team'), { recursive: true });
    await open(join(root, 'docs'));
    writeFileSync(join(root, 'docs/a.yaml'), 'a');
    expect(await called()).toBe(true);
    await sleep(200);
    calls = 0;
    writeFileSync(join(root, 'docs/team/.b.tmp'), 'b');
    renameSync(join(root, 'docs/team/.b.tmp'), join(root, 'docs/team/b.yaml'));
    expect(await called()).toBe(true);
  });

  test('a swap of the folder itself asks for a look, and the new one is watched', async () => {
    for (const revision of ['rev1', 'rev2']) mkdirSync(join(root, revision));
    symlinkSync('rev1', join(root, 'current'));
    await open(join(root, 'current'));
    symlinkSync('rev2', join(root, 'next'));
    renameSync(join(root, 'next'), join(root, 'current'));
    expect(await called()).toBe(true);
    await sleep(300);
    calls = 0;
    writeFileSync(join(root, 'rev2/a.yaml'), 'a');
    expect(await called()).toBe(true);
  });

  test('folders that come later are watched too, however deep', async () => {
    mkdirSync(join(root, 'docs'));
    await open(join(root, 'docs'));
    mkdirSync(join(root, 'docs/a/b/c'), { recursive: true });
    expect(await called()).toBe(true);
    await sleep(300);
    calls = 0;
    writeFileSync(join(root, 'docs/a/b/c/late.yaml'), 'a');
    expect(await called()).toBe(true);
  });

  test('what stands behind a link inside is watched anew after its swap', async () => {
    for (const revision of ['rev1', 'rev2']) mkdirSync(join(root, revision));
    mkdirSync(join(root, 'docs'));
    symlinkSync('../rev1', join(root, 'docs/current'));
    await open(join(root, 'docs'));
    symlinkSync('../rev2', join(root, 'docs/.next'));
    renameSync(join(root, 'docs/.next'), join(root, 'docs/current'));
    expect(await called()).toBe(true);
    await sleep(300);
    calls = 0;
    writeFileSync(join(root, 'rev2/a.yaml'), 'a');
    expect(await called()).toBe(true);
    await sleep(200);
    calls = 0;
    writeFileSync(join(root, 'rev1/a.yaml'), 'a');
    await sleep(300);
    expect(calls).toBe(0);
  });

  test('nothing is told after the end', async () => {
    mkdirSync(join(root, 'docs'));
    await open(join(root, 'docs'));
    writeFileSync(join(root, 'docs/a.yaml'), 'a');
    await watch?.close();
    calls = 0;
    writeFileSync(join(root, 'docs/b.yaml'), 'a');
    await sleep(300);
    expect(calls).toBe(0);
  });

  test('a swap of a ConfigMap mount asks for a look', async () => {
    mkdirSync(join(root, 'docs/..rev1'), { recursive: true });
    mkdirSync(join(root, 'docs/..rev2'));
    symlinkSync('..rev1', join(root, 'docs/..data'));
    await open(join(root, 'docs'));
    symlinkSync('..rev2', join(root, 'docs/..data_tmp'));
    renameSync(join(root, 'docs/..data_tmp'), join(root, 'docs/..data'));
    expect(await called()).toBe(true);
  });

  test('a burst of writes becomes few looks', async () => {
    mkdirSync(join(root, 'docs'));
    await open(join(root, 'docs'));
    for (let n = 0; n < 200; n++) writeFileSync(join(root, `docs/${n}.yaml`), 'a');
    expect(await called()).toBe(true);
    await sleep(300);
    expect(calls).toBeLessThan(10);
  });
});
