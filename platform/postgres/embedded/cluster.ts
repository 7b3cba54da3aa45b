import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../errors.ts';
import { processStarted } from '../../process-identity.ts';
import type { Binaries } from './binaries.ts';
import { changeOwner } from './change-owner.ts';
import type { Layout } from './layout.ts';
import { runProgram } from './run-program.ts';
import type { ServerUser } from './server-user.ts';

/** The database role that owns everything in the embedded server. */
export const ROLE = 'connector';

const UNFINISHED = '.init-';

/**
 * Makes the cluster where there is none and answers its password. The cluster is built under another name and renamed, so that it is
 * whole or absent: a kill in between leaves litter that the next start removes, and of two that start at once one wins.
 * Throws `DatabaseInitFailed` or `DatabaseVersionMismatch`.
 */
export async function ensureCluster(layout: Layout, binaries: Binaries, user: ServerUser): Promise<string> {
  const password = await ensurePassword(layout);
  const major = await clusterMajor(layout);
  if (major === undefined) await initialise(layout, binaries, user, password);
  else if (major !== binaries.majorVersion) throw versionMismatch(layout, major, binaries.majorVersion);
  await removeLitter(layout);
  return password;
}

/** Created once, before the cluster, so that a cluster never exists without its password. */
async function ensurePassword(layout: Layout): Promise<string> {
  const fresh = randomBytes(24).toString('base64url');
  try {
    await writeFile(layout.password, fresh, { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFile(layout.password, 'utf8');
  }
}

async function clusterMajor(layout: Layout): Promise<number | undefined> {
  try {
    return Number(await readFile(join(layout.cluster, 'PG_VERSION'), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function initialise(layout: Layout, binaries: Binaries, user: ServerUser, password: string): Promise<void> {
  const unfinished = join(layout.root, `${UNFINISHED}${await ownName()}-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${unfinished}.password`;
  await mkdir(unfinished);
  await changeOwner(unfinished, user);
  // initdb reads the password as the server's user: a file for that moment, never an argument.
  await writeFile(passwordFile, password, { mode: 0o600 });
  await changeOwner(passwordFile, user, 0o600);
  // The builtin locale sorts the same on every machine, whatever its C library.
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const access = [`--username=${ROLE}`, `--pwfile=${passwordFile}`, '--auth-local=scram-sha-256', '--auth-host=reject'];
  const { code, output } = await runProgram(binaries.initdb, ['-D', unfinished, ...locale, ...access, '--no-instructions'], user);
  await rm(passwordFile, { force: true });
  if (code !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw initFailed(layout, output);
  }
  await rename(unfinished, layout.cluster).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true });
    // Another process made the cluster meanwhile; its password is the same file.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

/** Removes unfinished clusters of processes that are gone. */
async function removeLitter(layout: Layout): Promise<void> {
  for (const name of (await readdir(layout.root)).filter((entry) => entry.startsWith(UNFINISHED))) {
    const [pid = '', started = ''] = name.slice(UNFINISHED.length).split('-');
    if (started !== (await startedOf(Number(pid)))) await rm(join(layout.root, name), { recursive: true, force: true });
  }
}

async function ownName(): Promise<string> {
  return `${process.pid}-${await startedOf(process.pid)}`;
}

/** Start of a process as part of a file name. */
async function startedOf(pid: number): Promise<string> {
  return ((await processStarted(pid)) ?? '').replaceAll(/[^\w]/g, '_');
}

function initFailed(layout: Layout, output: string): Fault {
  return new Fault({
    reason: 'DatabaseInitFailed',
    message: `initdb could not create a database in ${layout.root}: ${output.trim().split('\n').at(-1) ?? ''}`,
    hint: 'check free space and permissions of the data folder, or set DATABASE_URL',
    disposition: { kind: 'stall' },
    details: { output },
  });
}

function versionMismatch(layout: Layout, found: number, bundled: number): Fault {
  return new Fault({
    reason: 'DatabaseVersionMismatch',
    message: `the data in ${layout.cluster} belongs to PostgreSQL ${found}, the bundled one is ${bundled}`,
    hint: `start with the version of this program that made the data, or serve that folder with PostgreSQL ${found} and set DATABASE_URL`,
    disposition: { kind: 'stall' },
    details: { found, bundled },
  });
}
