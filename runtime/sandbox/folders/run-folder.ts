import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { wipeFolder } from './owner-folder.ts';

/** The folders of one run. */
export interface RunFolder {
  /** Holds the others; of the runtime, and the connector may only pass through it. */
  path: string;
  /** The connector's private folder, `CONNECTOR_WORKDIR`; has a `tmp` in it. */
  work: string;
  /** Where a copy of the type's folder goes when the connector's uid could not read the original. */
  typeCopy: string;
  /** passwd and group as the sandbox shows them: root and the connector, nobody else of this host. */
  passwd: string;
  group: string;
  wipe(): Promise<void>;
}

/** The private folder inside a run's folder. */
export function workFolderOf(runFolder: string): string {
  return join(runFolder, 'work');
}

/** Makes the folders of a run, owned by the uid that its connector gets. Fails when the run id is already in use. */
export async function makeRunFolder(ownerFolder: string, runId: string, uid: number | undefined): Promise<RunFolder> {
  const path = join(ownerFolder, runId);
  const work = workFolderOf(path);
  await mkdir(path, { mode: 0o711 });
  for (const folder of [work, join(work, 'tmp')]) {
    await mkdir(folder, { mode: 0o700 });
    if (uid !== undefined) await chown(folder, uid, uid);
  }
  const accounts = await writeAccounts(path, work, uid ?? process.getuid?.() ?? 0, uid ?? process.getgid?.() ?? 0);
  return { path, work, typeCopy: join(path, 'type'), ...accounts, wipe: () => wipeFolder(path) };
}

async function writeAccounts(path: string, home: string, uid: number, gid: number): Promise<Pick<RunFolder, 'passwd' | 'group'>> {
  const passwd = join(path, 'passwd');
  const group = join(path, 'group');
  const root = uid === 0 ? '' : 'root:x:0:0::/:/bin/sh\n';
  await writeFile(passwd, `${root}connector:x:${uid}:${gid}::${home}:/bin/sh\n`, { mode: 0o644 });
  await writeFile(group, `connector:x:${gid}:\n`, { mode: 0o644 });
  return { passwd, group };
}
