import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Binaries, findBinaries, platformPackage } from '../../../../platform/postgres/embedded/binaries.ts';
import { type Layout, prepareLayout } from '../../../../platform/postgres/embedded/layout.ts';
import { serverUser } from '../../../../platform/postgres/embedded/server-user.ts';

const user = serverUser();
let base: string;
let layout: Layout;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'connector-binaries-'));
  await chmod(base, 0o711);
  layout = await prepareLayout(join(base, 'data'), user);
});

afterAll(() => rm(base, { recursive: true, force: true }));

const find = (folder: string, version: string): Promise<Binaries> => findBinaries(layout, user, async () => ({ folder, version }));

test('programs that the user of the server can run are used in place', async () => {
  const { folder } = await platformPackage();
  expect(await findBinaries(layout, user)).toMatchObject({ majorVersion: 18, postgres: join(folder, 'native/bin/postgres') });
});

test('programs below a folder that the user of the server may not enter are copied into the data folder once', async () => {
  const { folder } = await platformPackage();
  const closed = join(base, 'closed/package');
  await mkdir(dirname(closed), { mode: 0o700 });
  await cp(folder, closed, { recursive: true, verbatimSymlinks: true });
  // Root reads everything, so to others the folder is closed by its mode; without root there is nobody else, and a missing program stands for it.
  if (!user.dropped) await chmod(join(closed, 'native/bin/postgres'), 0o644);
  const copied = await find(closed, '18.0.0-copy').catch((error: unknown) => error);
  if (user.dropped) expect(copied).toMatchObject({ postgres: join(layout.binaries, '18.0.0-copy/native/bin/postgres') });
  else expect(copied).toMatchObject({ reason: 'DatabaseBinariesUnusable' });
  expect(await readdir(layout.binaries)).toEqual(['18.0.0-copy']);
  await rm(closed, { recursive: true });
  if (user.dropped) expect(await find(closed, '18.0.0-copy')).toMatchObject({ majorVersion: 18 });
});

test('programs that cannot run at all are told with what they said', async () => {
  const broken = join(base, 'broken');
  await mkdir(join(broken, 'native/bin'), { recursive: true });
  await writeFile(join(broken, 'native/pg-symlinks.json'), '[]');
  await writeFile(join(broken, 'native/bin/postgres'), '#!/bin/sh\necho no libc here; exit 127\n', { mode: 0o755 });
  await expect(find(broken, 'broken')).rejects.toMatchObject({
    reason: 'DatabaseBinariesUnusable',
    message: expect.stringContaining('no libc here'),
  });
});

test('a machine without a package of its own is told to bring a server', async () => {
  await expect(platformPackage('plan9-mips')).rejects.toMatchObject({
    reason: 'DatabaseBinariesMissing',
    hint: expect.stringContaining('DATABASE_URL'),
  });
});
