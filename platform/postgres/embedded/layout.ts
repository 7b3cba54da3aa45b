import { chmod, lstat, mkdir, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../errors.ts';
import { changeOwner } from './change-owner.ts';
import { requireReachable, type ServerUser } from './server-user.ts';

/** Where things are inside the data folder of the embedded server. All paths are real, absolute ones. */
export interface Layout {
  readonly root: string;
  /** PostgreSQL's own data directory, 0700, of the server's user. */
  readonly cluster: string;
  /** Password of the database role, 0600, of this process's user. */
  readonly password: string;
  /** Which process serves the cluster: written by the one that started it. */
  readonly record: string;
  readonly log: string;
  /** Own copy of the programs, where those in node_modules cannot be used. */
  readonly binaries: string;
}

/** Bytes that the address of a unix socket holds on Linux (107; macOS 103), less `/.s.PGSQL.5432`. */
const SOCKET_FOLDER_MAX_BYTES = 103 - '/.s.PGSQL.5432'.length;

/** Creates the data folder where it is missing and names its parts. Throws `DatabaseFolderUnreachable`. */
export async function prepareLayout(dataFolder: string, user: ServerUser): Promise<Layout> {
  await mkdir(dataFolder, { recursive: true });
  const root = await realpath(dataFolder);
  // Another user's server has to pass through to its cluster, not to look around.
  await chmod(root, user.dropped ? 0o711 : 0o700);
  await requireReachable(root, user);
  const at = (name: string): string => join(root, name);
  return {
    root,
    cluster: at('cluster'),
    password: at('password'),
    record: at('server.json'),
    log: at('server.log'),
    binaries: at('binaries'),
  };
}

/** The folder of the unix socket, 0700: inside the data folder, or a short one elsewhere when that path is too long; then recorded inside. */
export async function socketFolder(layout: Layout, user: ServerUser): Promise<string> {
  const inside = join(layout.root, 'socket');
  if (Buffer.byteLength(inside) <= SOCKET_FOLDER_MAX_BYTES) {
    await mkdir(inside, { recursive: true, mode: 0o700 });
    await changeOwner(inside, user);
    return inside;
  }
  const recorded = await recordedFolder(layout, user);
  if (recorded !== undefined) return recorded;
  const elsewhere = await mkdtemp(join(shortTemporaryFolder(), 'connector-pg-'));
  await changeOwner(elsewhere, user);
  await requireReachable(elsewhere, user);
  await writeFile(join(layout.root, 'socket-folder'), elsewhere, { mode: 0o600 });
  return elsewhere;
}

/** The recorded folder, as long as it is still ours: what lies in a temporary folder may have been removed and made anew by anyone. */
async function recordedFolder(layout: Layout, user: ServerUser): Promise<string | undefined> {
  try {
    const folder = await readFile(join(layout.root, 'socket-folder'), 'utf8');
    const { uid, mode } = await lstat(folder);
    return uid === user.uid && (mode & 0o170777) === 0o040700 ? folder : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function shortTemporaryFolder(): string {
  const folder = [tmpdir(), '/tmp'].find((path) => Buffer.byteLength(path) <= SOCKET_FOLDER_MAX_BYTES - '/connector-pg-XXXXXX'.length);
  if (folder !== undefined) return folder;
  throw new Fault({
    reason: 'DatabaseSocketPathTooLong',
    message: 'no folder is short enough for the unix socket of PostgreSQL',
    hint: 'use a data folder with a path below 80 bytes (--data) or set TMPDIR to a short one',
    disposition: { kind: 'stall' },
  });
}
