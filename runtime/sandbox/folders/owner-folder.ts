import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startOf } from '../process/process-table.ts';

/** The name under which one runtime process keeps its runs: pid and start, so that a later process with the same pid is another one. */
export function ownerName(pid: number = process.pid): string {
  return `${pid}-${startOf(pid) ?? 'unknown'}`;
}

/** Whether the runtime process behind a name still lives. Without /proc only the pid can be asked for. */
export function ownerLives(owner: string): boolean {
  const [pid, start] = owner.split('-');
  if (start !== 'unknown') return startOf(Number(pid)) === start;
  try {
    return process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes this process's folder below `runsFolder`. Others may pass through it, not list it; each run's own folder is private. */
export async function makeOwnerFolder(runsFolder: string): Promise<string> {
  const folder = join(runsFolder, ownerName());
  await mkdir(folder, { recursive: true });
  for (const path of [runsFolder, folder]) await chmod(path, 0o711);
  return folder;
}

/** Folders of runtimes that are no more, with the runs that each of them had. */
export async function deadOwners(runsFolder: string): Promise<{ folder: string; runIds: string[] }[]> {
  const owners = await readdir(runsFolder).catch(() => []);
  const dead = owners.filter((owner) => /^\d+-\w+$/.test(owner) && !ownerLives(owner));
  return Promise.all(
    dead.map(async (owner) => {
      const folder = join(runsFolder, owner);
      return { folder, runIds: await readdir(folder) };
    }),
  );
}

/** Removes a folder with all that a connector left in it; what it made unreadable for itself is no obstacle to us. */
export async function wipeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(async () => {
    await openUp(folder);
    await rm(folder, { recursive: true, force: true });
  });
}

/** A folder without its own read and search bits cannot be emptied by its owner; root does not come here. */
async function openUp(folder: string): Promise<void> {
  try {
    await chmod(folder, 0o700);
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await openUp(join(folder, entry.name));
  } catch (error) {
    // The removal that failed has not stopped everywhere at once: what it still took is what we want gone.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
