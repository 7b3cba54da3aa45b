import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../platform/clock.ts';
import { prepareLayout } from '../platform/postgres/embedded/layout.ts';
import { findServer } from '../platform/postgres/embedded/postmaster.ts';
import { serverUser } from '../platform/postgres/embedded/server-user.ts';
import { stopServer } from '../platform/postgres/embedded/stop-server.ts';
import { processStarted } from '../platform/process-identity.ts';

/** Names the folder of this run's server to Jest's workers, which inherit the environment. */
export const folderVariable = 'CONNECTOR_TEST_FOLDER';

const PREFIX = 'connector-test-';

/**
 * Chooses the folder of this run's server before the workers start, and clears away servers of runs that were killed. The server itself is
 * started by the first test that asks for a database, so that unit tests alone pay nothing.
 */
export async function chooseFolder(): Promise<void> {
  await sweep();
  const started = ((await processStarted(process.pid)) ?? '').replaceAll(/\W/g, '_');
  process.env[folderVariable] = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${started}-`));
}

/** Stops the server of this run, if a test started one, and removes its folder. */
export async function removeFolder(): Promise<void> {
  const folder = process.env[folderVariable];
  if (folder !== undefined) await remove(folder);
}

async function sweep(): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter((entry) => entry.startsWith(PREFIX))) {
    const [pid = '', started = ''] = name.slice(PREFIX.length).split('-');
    const alive = ((await processStarted(Number(pid))) ?? '').replaceAll(/\W/g, '_') === started;
    if (!alive) await remove(join(tmpdir(), name)).catch(() => undefined); // another user's, or another run's sweep was quicker
  }
}

async function remove(folder: string): Promise<void> {
  const layout = await prepareLayout(folder, serverUser());
  const server = await findServer(layout);
  const started = server && (await processStarted(server.pid));
  if (server !== undefined && started !== undefined) await stopServer(layout, { pid: server.pid, started }, systemClock);
  await rm(folder, { recursive: true, force: true });
}
