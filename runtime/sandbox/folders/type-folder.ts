import { chmodSync, cpSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../../platform/errors.ts';
import { canReach, canReadFolder } from './access.ts';

/** Largest type folder that is copied for a run, in bytes. */
export const maxCopiedBytes = 64 * 1024 * 1024;

/** For whom a type's folder must be readable, and what may be done about it. */
export interface TypeFolderReader {
  /** The connector's own uid; undefined: it has ours. */
  uid: number | undefined;
  /** Whether the folder is mounted for the connector, which opens the way to it. */
  mounted: boolean;
  /** Where a copy may be made. */
  copyPath: string;
  /** Folders that are never copied. */
  hidden: readonly string[];
}

/**
 * The folder that a connector can read in place of its type's: the original, or a copy where the original is closed to its uid, as below
 * a private home folder. Throws `LaunchFailed` when it is too large to be copied for each run.
 */
export function readableTypeFolder(folder: string, { uid, mounted, copyPath, hidden }: TypeFolderReader): string {
  if (uid === undefined) return folder;
  // A mount opens the way to the folder; without one each folder above it must let the connector through.
  if (canReadFolder(folder, uid, hidden) && (mounted || canReach(folder, uid))) return folder;
  if (copyPath.startsWith(`${folder}/`) || sizeOf(folder, maxCopiedBytes) > maxCopiedBytes) {
    throw new Fault({
      reason: 'LaunchFailed',
      message: `${folder} cannot be read by the connector's own uid and is too large, or holds the data folder, so that it is not copied for each run`,
      hint: `let others read it: chmod -R o+rX ${folder}`,
      disposition: { kind: 'stall' },
    });
  }
  cpSync(folder, copyPath, { recursive: true, verbatimSymlinks: true, filter: (source) => !hidden.includes(source) });
  openToReaders(copyPath);
  return copyPath;
}

function sizeOf(folder: string, enough: number): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (bytes > enough) return bytes;
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? sizeOf(path, enough - bytes) : lstatSync(path).size;
  }
  return bytes;
}

function openToReaders(path: string): void {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return;
  chmodSync(path, stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (stats.isDirectory()) for (const name of readdirSync(path)) openToReaders(join(path, name));
}
