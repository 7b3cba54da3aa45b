import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { canExecute, canReach, mayAccess } from '../../../../runtime/sandbox/folders/access.ts';
import { maxCopiedBytes, readableTypeFolder } from '../../../../runtime/sandbox/folders/type-folder.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'type-'));
  chmodSync(root, 0o755);
  folder = join(root, 'types');
  mkdirSync(join(folder, 'lib'), { recursive: true });
  writeFileSync(join(folder, 'main.sh'), 'x', { mode: 0o700 });
  writeFileSync(join(folder, 'lib', 'a.txt'), 'y', { mode: 0o600 });
  chmodSync(join(folder, 'main.sh'), 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const stranger = 60_999;
const readable = (changes: Partial<Parameters<typeof readableTypeFolder>[1]> = {}): string =>
  readableTypeFolder(folder, { uid: stranger, mounted: true, copyPath: join(root, 'copy'), hidden: [], ...changes });

describe("a type's folder for a connector of its own uid", () => {
  test('is used as it is where that uid can read it', () => {
    expect(readable()).toBe(folder);
  });

  test('is used as it is where the connector has the uid of the runtime', () => {
    chmodSync(folder, 0o700);
    expect(readable({ uid: undefined })).toBe(folder);
  });

  test('is copied and opened where it is closed, program bits kept and hidden folders left out', () => {
    chmodSync(folder, 0o700);
    mkdirSync(join(folder, 'data'));
    expect(readable({ hidden: [join(folder, 'data')] })).toBe(join(root, 'copy'));
    expect(statSync(join(root, 'copy', 'main.sh')).mode & 0o777).toBe(0o755);
    expect(statSync(join(root, 'copy', 'lib', 'a.txt')).mode & 0o777).toBe(0o644);
    expect(readFileSync(join(root, 'copy', 'lib', 'a.txt'), 'utf8')).toBe('y');
    expect(existsSync(join(root, 'copy', 'data'))).toBe(false);
  });

  test('a closed file in it makes it closed; a closed data folder does not', () => {
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    expect(readable({ hidden: [join(folder, 'data')] })).toBe(folder);
    expect(readable()).toBe(join(root, 'copy'));
  });

  test('without a mount every folder above it must let the connector through', () => {
    chmodSync(root, 0o700);
    expect(readable()).toBe(folder);
    expect(readable({ mounted: false })).toBe(join(root, 'copy'));
  });

  test('is refused where it is too large to be copied, or would be copied into itself', () => {
    chmodSync(folder, 0o700);
    expect(() => readable({ copyPath: join(folder, 'runs', 'type') })).toThrow(expect.objectContaining({ reason: 'LaunchFailed' }));
    writeFileSync(join(folder, 'large'), '');
    truncateSync(join(folder, 'large'), maxCopiedBytes + 1);
    expect(() => readable()).toThrow(expect.objectContaining({ hint: expect.stringContaining('chmod -R o+rX') }));
  });
});

describe('access by mode', () => {
  test.each([
    ['the owner has the first digit', { uid: 7, gid: 1, mode: 0o400 }, true],
    ['the owner has no other digit', { uid: 7, gid: 1, mode: 0o044 }, false],
    ['the group has the second', { uid: 1, gid: 7, mode: 0o040 }, true],
    ['others have the last', { uid: 1, gid: 1, mode: 0o004 }, true],
    ["others do not have the owner's", { uid: 1, gid: 1, mode: 0o440 }, false],
  ])('%s', (_, stats, expected) => {
    expect(mayAccess(stats, 7, 4)).toBe(expected);
  });

  test('what is not there cannot be reached', () => {
    expect(canReach(join(root, 'gone', 'file'), stranger)).toBe(false);
    expect(canExecute(join(folder, 'main.sh'), stranger)).toBe(true);
    expect(canExecute(join(folder, 'lib', 'a.txt'), stranger)).toBe(false);
  });
});
