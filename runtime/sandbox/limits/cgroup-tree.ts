import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a control group can limit for us. */
export type Controller = 'memory' | 'pids' | 'cpu';

/** Where the groups of runs are made. */
export interface CgroupTree {
  version: 1 | 2;
  /** Our folder in the hierarchy of each controller that works; the same one for all in version 2. */
  folders: ReadonlyMap<Controller, string>;
}

const controllers: readonly Controller[] = ['memory', 'pids', 'cpu'];
const ourName = 'connector-controller';

/**
 * Finds a place for our groups: version 2 first, then version 1, below our own group where that is allowed, else below the root of the
 * hierarchy. Undefined where neither memory nor pids can be limited: no rights, a read-only mount, nothing mounted, another system.
 * `procFolder` is where /proc/self is read from.
 */
export async function findCgroupTree(procFolder = '/proc/self'): Promise<CgroupTree | undefined> {
  const mounts = parseMounts(await textOf(join(procFolder, 'mountinfo')));
  const own = parseOwnGroups(await textOf(join(procFolder, 'cgroup')));
  for (const version of [2, 1] as const) {
    const folders = version === 2 ? await unifiedFolders(mounts, own) : await separateFolders(mounts, own);
    if (folders.has('memory') || folders.has('pids')) return { version, folders };
  }
  return undefined;
}

/** What of a version 2 hierarchy can be delegated to us: a controller must be switched on at each level. */
async function unifiedFolders(mounts: readonly Mount[], own: ReadonlyMap<string, string>): Promise<Map<Controller, string>> {
  const mount = mounts.find((candidate) => candidate.type === 'cgroup2');
  for (const parent of mount === undefined ? [] : candidates(mount, own.get(''))) {
    const offered = (await textOf(join(parent, 'cgroup.controllers'))).split(/\s+/);
    const folder = join(parent, ourName);
    if (!offered.includes('memory') || !(await made(folder))) continue;
    const working = new Map<Controller, string>();
    for (const controller of controllers) {
      const on =
        (await written(join(parent, 'cgroup.subtree_control'), `+${controller}`)) &&
        (await written(join(folder, 'cgroup.subtree_control'), `+${controller}`));
      if (on) working.set(controller, folder);
    }
    if (working.size > 0) return working;
  }
  return new Map();
}

async function separateFolders(mounts: readonly Mount[], own: ReadonlyMap<string, string>): Promise<Map<Controller, string>> {
  const working = new Map<Controller, string>();
  for (const controller of controllers) {
    const mount = mounts.find((candidate) => candidate.type === 'cgroup' && candidate.options.includes(controller));
    for (const parent of mount === undefined ? [] : candidates(mount, own.get(controller))) {
      const folder = join(parent, ourName);
      if (working.has(controller) || !(await made(folder))) continue;
      if ((await textOf(join(folder, 'cgroup.procs'), 'absent')) !== 'absent') working.set(controller, folder);
    }
  }
  return working;
}

function candidates(mount: Mount, ownGroup: string | undefined): string[] {
  return [...new Set([join(mount.point, ownGroup ?? '/'), mount.point])];
}

interface Mount {
  point: string;
  type: string;
  options: string[];
}

/** Lines such as `30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw,nsdelegate`. */
function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const point = before?.split(' ')[4];
    const [type, , options] = after?.split(' ') ?? [];
    return point === undefined || type === undefined ? [] : [{ point, type, options: options?.split(',') ?? [] }];
  });
}

/** Lines such as `8:pids:/path` (version 1, several controllers joined by commas) and `0::/path` (version 2). */
function parseOwnGroups(cgroup: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of cgroup.split('\n')) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    for (const controller of match?.[1]?.split(',') ?? []) groups.set(controller, match?.[2] ?? '/');
  }
  return groups;
}

async function textOf(file: string, otherwise = ''): Promise<string> {
  return readFile(file, 'latin1').catch(() => otherwise);
}

/** Whether our folder is there and lets us make groups in it: it may be another user's. */
async function made(folder: string): Promise<boolean> {
  const probe = join(folder, `${process.pid}.probe`);
  try {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? undefined : Promise.reject(error)));
    await mkdir(probe);
    await rmdir(probe);
    return true;
  } catch {
    return false;
  }
}

async function written(file: string, text: string): Promise<boolean> {
  return writeFile(file, text, { flag: 'r+' }).then(
    () => true,
    () => false,
  );
}
