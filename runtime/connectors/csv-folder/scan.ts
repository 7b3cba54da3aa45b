import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConnectorFailure } from '../sdk/failure.ts';
import type { Settings } from './settings.ts';

/**
 * Paths of the files that match the pattern, relative, with slashes, sorted. Links to files inside the folder are followed (a mounted
 * ConfigMap consists of them), links to folders and links that lead out are not.
 * Throws `folder_unreadable` rather than find nothing: an absent disk must not look like deleted files.
 */
export async function scanFolder({ folder, pattern }: Settings): Promise<string[]> {
  const root = await realpath(folder).catch((cause: Error) => Promise.reject(unreadable(folder, cause)));
  const found: string[] = [];
  const pending = [''];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    const here = path.join(root, below);
    const entries = await readdir(here, { withFileTypes: true }).catch((cause: Error) => Promise.reject(unreadable(here, cause)));
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const relative = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) pending.push(relative);
      else if (path.matchesGlob(relative, pattern) && (entry.isFile() || (await isFileInside(root, relative)))) found.push(relative);
    }
  }
  return found.sort();
}

async function isFileInside(root: string, relative: string): Promise<boolean> {
  try {
    const target = await realpath(path.join(root, relative));
    return target.startsWith(root + path.sep) && (await stat(target)).isFile();
  } catch {
    // A link that leads nowhere.
    return false;
  }
}

function unreadable(folder: string, cause: Error): ConnectorFailure {
  const message = `The folder ${folder} cannot be read: it is not there, or not for this user`;
  return new ConnectorFailure({ code: 'folder_unreadable', message, recoveryHint: 'manual_action_required', cause });
}
