import { readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../errors.ts';
import { hostIdentity, processStarted, processStartedUnixS } from '../../process-identity.ts';
import type { Layout } from './layout.ts';

/** What `postmaster.pid` says about the server that wrote it. */
export interface Postmaster {
  readonly pid: number;
  readonly cluster: string;
  readonly startedUnixS: number;
  readonly socketFolder: string;
  /** Takes connections (recovery is over). */
  readonly ready: boolean;
}

/** Our own note about the server that we started; exact where the times in `postmaster.pid` are not. */
interface ServerRecord {
  readonly pid: number;
  readonly started: string;
  readonly host: string;
  readonly cluster: string;
}

/** The two clocks (of the file and of the process table) agree to about this. */
const START_TOLERANCE_S = 2;

/** Reads `postmaster.pid`; undefined when there is none or it is not whole yet. */
export async function readPostmaster(layout: Layout): Promise<Postmaster | undefined> {
  try {
    const lines = (await readFile(join(layout.cluster, 'postmaster.pid'), 'utf8')).split('\n');
    const [pid = '', cluster = '', started = '', , socketFolder = '', , , status = ''] = lines;
    if (socketFolder === '') return undefined;
    return { pid: Number(pid), cluster, startedUnixS: Number(started), socketFolder, ready: status.trim() === 'ready' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Notes who serves the cluster, so that a later process recognises it by exact start time. */
export async function recordServer(layout: Layout, pid: number): Promise<void> {
  const record: ServerRecord = { pid, started: (await processStarted(pid)) ?? '', host: await hostIdentity(), cluster: layout.cluster };
  await writeFile(layout.record, JSON.stringify(record), { mode: 0o600 });
}

/**
 * The live server of this cluster, recognised by pid, start time and data folder; undefined when none runs, after removing a
 * `postmaster.pid` that a crash left (its pid may belong to an innocent process now, and PostgreSQL would refuse to start beside it).
 * Throws `DatabaseFolderInUse` for a live PostgreSQL on this folder that cannot be recognised.
 */
export async function findServer(layout: Layout): Promise<Postmaster | undefined> {
  const postmaster = await readPostmaster(layout);
  if (postmaster === undefined) return undefined;
  if ((await processStarted(postmaster.pid)) !== undefined) {
    if (await isOurs(layout, postmaster)) return postmaster;
    if (await servesFolder(layout, postmaster.pid)) throw folderInUse(layout, postmaster.pid);
  }
  // Nobody may have put a new file there meanwhile: a server that starts right now has another pid in it.
  if ((await readPostmaster(layout))?.pid === postmaster.pid) await rm(join(layout.cluster, 'postmaster.pid'), { force: true });
  return undefined;
}

async function isOurs(layout: Layout, postmaster: Postmaster): Promise<boolean> {
  if (postmaster.cluster !== layout.cluster) return false;
  const record = await readRecord(layout);
  if (record?.pid === postmaster.pid && record.host === (await hostIdentity())) {
    return record.cluster === layout.cluster && record.started === (await processStarted(postmaster.pid));
  }
  // No note: whoever started it was killed before writing one. The file's own time is enough then.
  const started = await processStartedUnixS(postmaster.pid);
  const matches = started !== undefined && Math.abs(started - postmaster.startedUnixS) <= START_TOLERANCE_S;
  return matches && (await servesFolder(layout, postmaster.pid));
}

async function readRecord(layout: Layout): Promise<ServerRecord | undefined> {
  try {
    return JSON.parse(await readFile(layout.record, 'utf8')) as ServerRecord;
  } catch {
    return undefined; // absent, or cut short by a kill
  }
}

/** A postmaster works in its data folder; where the system does not tell (no /proc), the benefit of the doubt is with the data. */
async function servesFolder(layout: Layout, pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === layout.cluster;
}

function folderInUse(layout: Layout, pid: number): Fault {
  return new Fault({
    reason: 'DatabaseFolderInUse',
    message: `process ${pid} is a PostgreSQL that serves ${layout.cluster} and was not started by this program`,
    hint: `stop it (kill -INT ${pid}), or set DATABASE_URL to use it`,
    disposition: { kind: 'stall' },
    details: { pid },
  });
}
