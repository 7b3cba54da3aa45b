import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { programPaths } from '../../../../runtime/sandbox/program/program-paths.ts';
import { type ProgramSearch, resolveProgram } from '../../../../runtime/sandbox/program/resolve-program.ts';
import { shimResolver } from '../../../../runtime/sandbox/program/shim.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'program-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function program(path: string, content = '\x7fELF', mode = 0o755): string {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}
const search = (path: string[], changes: Partial<ProgramSearch> = {}): ProgramSearch => ({
  cwd: join(root, 'types'),
  path: path.map((folder) => (folder.startsWith('/') ? folder : join(root, folder))).join(':'),
  shims: shimResolver({ PATH: '/usr/bin:/bin' }),
  usable: () => true,
  ...changes,
});

describe("a connector's program", () => {
  test('is the first on the PATH that a connector may execute, shown with its libraries and nothing else', async () => {
    program('one/bin/tool', 'x', 0o644);
    program('two/bin/tool');
    const file = program('three/bin/tool');
    mkdirSync(join(root, 'three/lib'));
    program('three/private/key');
    const found = await resolveProgram(
      'tool',
      search(['one/bin', 'relative', 'two/bin', 'three/bin'], { usable: (path) => !path.includes('/two/') }),
    );
    expect(found).toEqual({
      file,
      shown: [join(root, 'three/bin'), join(root, 'three/lib')],
      pathFolders: [join(root, 'three/bin')],
    });
  });

  test('behind a link is the real one', async () => {
    const file = program('node/bin/node');
    mkdirSync(join(root, 'links'));
    symlinkSync('../node/bin/node', join(root, 'links/node'));
    expect(await resolveProgram('node', search(['links']))).toMatchObject({ file, pathFolders: [join(root, 'node/bin')] });
  });

  test('of a virtual environment keeps its own path, and the installation behind it is shown too', async () => {
    program('python/bin/python3.11');
    mkdirSync(join(root, 'venv/bin'), { recursive: true });
    writeFileSync(join(root, 'venv/pyvenv.cfg'), '');
    symlinkSync('../../python/bin/python3.11', join(root, 'venv/bin/python3'));
    const found = await resolveProgram('python3', search(['venv/bin']));
    expect(found.file).toBe(join(root, 'venv/bin/python3'));
    expect(found.shown).toEqual([join(root, 'venv/bin'), join(root, 'venv/pyvenv.cfg'), join(root, 'python/bin')]);
  });

  test('with a slash is relative to the folder of the type, and its interpreter comes along', async () => {
    const file = program('types/run.js', '#!/usr/bin/env -S interp --flag\n');
    program('interp/bin/interp');
    const found = await resolveProgram('./run.js', search(['interp/bin', '/usr/bin']));
    expect(found).toEqual({ file, shown: [file, join(root, 'interp/bin')], pathFolders: [join(root, 'interp/bin')] });
  });

  test('of the system needs nothing shown', async () => {
    expect(await resolveProgram('sh', search(['/usr/bin']))).toEqual({ file: '/usr/bin/sh', shown: [], pathFolders: [] });
  });

  const refused: [reason: string, prepare: () => string, message: RegExp][] = [
    ['that is not on the PATH', () => 'absent', /absent is not on the PATH/],
    ['that is not there', () => './absent', /absent is not there or not executable/],
    ['that is a folder', () => (mkdirSync(join(root, 'types/d'), { recursive: true }), './d'), /not executable/],
    ['that is not executable', () => (program('types/f', 'x', 0o644), './f'), /not executable/],
    ['whose interpreter is missing', () => (program('types/s', '#!/usr/bin/env gone\n'), './s'), /gone is not on the PATH/],
    ['that interprets itself', () => (program('types/s', `#!${root}/types/s\n`), './s'), /script whose interpreter is a script/],
  ];
  test.each(refused)('%s is LaunchFailed', async (_, prepare, message) => {
    await expect(resolveProgram(prepare(), search([]))).rejects.toMatchObject({
      reason: 'LaunchFailed',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    });
  });
});

describe('a shim of a version manager', () => {
  test('is replaced by the program that it stands for, asked once, away from the folder of the type', async () => {
    const real = program('versions/bin/python3');
    program('shims/python3', `#!/bin/sh\npwd >> ${root}/asked\necho ${real}\n`);
    const shims = shimResolver({ PATH: '/usr/bin:/bin' });
    expect(await shims.resolve(join(root, 'shims/python3'))).toBe(real);
    expect(await shims.resolve(join(root, 'shims/python3'))).toBe(real);
    expect(readFileSync(join(root, 'asked'), 'utf8')).toBe('/\n');
  });

  test.each([
    ['fails', 'python3', 'exit 1'],
    ['says something else', 'node', 'echo not a path'],
    ['is of an unknown kind', 'perl', 'echo /usr/bin/perl'],
  ])('that %s is passed over for the next on the PATH', async (_, name, answer) => {
    program(`shims/${name}`, `#!/bin/sh\n${answer}\n`);
    const file = program(`real/bin/${name}`);
    expect((await resolveProgram(name, search(['shims', 'real/bin']))).file).toBe(file);
  });
});

describe('what is shown for a program', () => {
  test('outside a bin folder it is the file alone', () => {
    expect(programPaths(join(root, 'tool'))).toEqual([join(root, 'tool')]);
  });

  test('of Homebrew it is programs and libraries as a whole', () => {
    for (const name of ['Cellar', 'lib', 'var']) mkdirSync(join(root, 'brew', name), { recursive: true });
    expect(programPaths(join(root, 'brew/Cellar/python/3.12/bin/python3'))).toEqual([join(root, 'brew/Cellar'), join(root, 'brew/lib')]);
  });
});
