import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeDataFolder } from '../../../../controller/serve/data-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const modeOf = (path: string): number => statSync(path).mode & 0o7777;

describe('makeDataFolder', () => {
  test('makes the folder and its secrets, closed to others', async () => {
    await makeDataFolder(join(folder, 'a/b'));
    expect(modeOf(join(folder, 'a/b'))).toBe(process.getuid?.() === 0 ? 0o711 : 0o700);
    expect(modeOf(join(folder, 'a/b/secrets'))).toBe(0o700);
  });

  test('leaves the mode of a folder that was there, so that naming a shared one breaks nothing', async () => {
    chmodSync(folder, 0o1777);
    await makeDataFolder(folder);
    expect(modeOf(folder)).toBe(0o1777);
  });

  test('a place that is no folder is told with a hint', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(makeDataFolder(join(folder, 'file'))).rejects.toMatchObject({ reason: 'DataFolderUnusable', hint: expect.any(String) });
  });
});
