import { type Stats, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const read = 4;
const search = 1;

/** Whether a uid without groups of its own may do something with a file, by its mode alone. */
export function mayAccess(stats: Pick<Stats, 'uid' | 'gid' | 'mode'>, uid: number, wanted: number): boolean {
  const shift = stats.uid === uid ? 6 : stats.gid === uid ? 3 : 0;
  return ((stats.mode >> shift) & wanted) === wanted;
}

/** What is at a path; undefined when nothing is, or when we may not look. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Whether a uid can get to a path from the root, that is search each folder above it. False when it does not exist. */
export function canReach(path: string, uid: number): boolean {
  const parent = dirname(path);
  try {
    return parent === path || (mayAccess(statSync(parent), uid, search) && canReach(parent, uid));
  } catch {
    return false;
  }
}

/**
 * Whether a uid can read a folder of programs. Looks at the folder and its direct entries: a folder that is closed by its owner's
 * umask shows it there. Entries in `apart` do not count.
 */
export function canReadFolder(folder: string, uid: number, apart: readonly string[] = []): boolean {
  if (!mayAccess(statSync(folder), uid, read | search)) return false;
  const entries = readdirSync(folder).map((name) => join(folder, name));
  return entries.every((path) => {
    if (apart.includes(path)) return true;
    try {
      const stats = statSync(path);
      return mayAccess(stats, uid, stats.isDirectory() ? read | search : read);
    } catch {
      return true; // a dangling link is nobody's to read
    }
  });
}

/** Whether a uid can execute a file that it can reach. */
export function canExecute(file: string, uid: number): boolean {
  return canReach(file, uid) && mayAccess(statSync(file), uid, search);
}
