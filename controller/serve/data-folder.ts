import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../platform/errors.ts';

/**
 * Makes the data folder and its `secrets/`. As root others may pass through it, since PostgreSQL and connectors run under uids of their
 * own; what lies in it is closed to them. Throws `DataFolderUnusable`.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    const made = await mkdir(folder, { recursive: true });
    // A folder that was there is somebody's: its mode stays, should it be /tmp.
    if (made !== undefined) await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    await mkdir(join(folder, 'secrets'), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Fault({
      reason: 'DataFolderUnusable',
      message: `the data folder ${folder} cannot be used: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      hint: 'name another folder with --data or CONNECTOR_DATA',
      disposition: { kind: 'stall' },
      cause: error,
    });
  }
}
