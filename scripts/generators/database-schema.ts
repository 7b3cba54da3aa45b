import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../platform/clock.ts';
import { openPool } from '../../platform/postgres/connect.ts';
import { startEmbedded } from '../../platform/postgres/embedded/start-embedded.ts';
import { migrate } from '../../platform/postgres/migrate.ts';
import { schemaSnapshot } from '../../platform/postgres/schema-snapshot.ts';
import type { Generated } from './registry.ts';

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url));

/** The schema after all migrations, as text: a change of it shows in review as what it does rather than as how. */
export const generated: Generated[] = [{ path: 'migrations/schema.txt', make: snapshotOfEmptyDatabase }];

async function snapshotOfEmptyDatabase(): Promise<string> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'connector-schema-'));
  const server = await startEmbedded({ dataFolder, clock: systemClock });
  const pool = openPool(server.url, { name: 'schema snapshot', max: 1 });
  try {
    await migrate(pool, migrations);
    return await schemaSnapshot(pool);
  } finally {
    await pool.end();
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}
