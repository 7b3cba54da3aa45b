import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../platform/clock.ts';
import { openPool, type Pool } from '../platform/postgres/connect.ts';
import { startEmbedded } from '../platform/postgres/embedded/start-embedded.ts';
import { migrate, readMigrations } from '../platform/postgres/migrate.ts';
import { folderVariable } from './database-server.ts';

/** A database of one test file, with all migrations applied. */
export interface TestDatabase {
  /** For code that opens connections of its own. */
  readonly url: string;
  readonly pool: Pool;
  /** Ends the pool, fails when the test left other connections open, and drops the database. Belongs in `afterAll`. */
  drop(): Promise<void>;
}

/** The migrations of this project. */
export const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url));

/** A session gets this long to be gone after its client closed it. */
const LEAK_PATIENCE_MS = 2_000;
const TEMPLATE_LOCK = [0x636e, 3];

/** Clones the template for one test file, on the server of this run or on that of TEST_DATABASE_URL. */
export async function createDatabase(): Promise<TestDatabase> {
  return createOn(await serverUrl(), await templateName());
}

/** An empty database, without any migration: for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createOn(await serverUrl(), 'template1');
}

async function createOn(server: string, template: string): Promise<TestDatabase> {
  const admin = openPool(server, { name: 'test-admin', max: 1 });
  if (template !== 'template1') await ensureTemplate(server, admin, template);
  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin.query(`create database ${name} template ${template}`);
  const url = withDatabase(server, name);
  const pool = openPool(url, { name: 'test', max: 10 });
  const drop = async (): Promise<void> => {
    await pool.end();
    try {
      await requireNoConnections(admin, name);
    } finally {
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    }
  };
  return { url, pool, drop };
}

/** Address of the server's maintenance database. Starting is idempotent across workers: one starts, the others adopt, nobody stops it here. */
async function serverUrl(): Promise<string> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return withDatabase(given, 'postgres');
  const dataFolder = process.env[folderVariable];
  if (dataFolder === undefined) throw new Error('run tests through scripts/test.ts: its setup chooses the folder of the database');
  const server = await startEmbedded({ dataFolder, clock: systemClock });
  await server.leave();
  return withDatabase(server.url, 'postgres');
}

/** Named by the content of the migrations, so that a server that outlives the run never offers an old schema. */
async function templateName(): Promise<string> {
  const migrations = await readMigrations(migrationsFolder);
  const digest = migrations.map((migration) => migration.checksum.slice(0, 4)).join('');
  return `connector_template_${digest.slice(-40)}`;
}

/** Makes the template once: under a lock, in a database that gets the template's name when it is whole. */
async function ensureTemplate(server: string, admin: Pool, template: string): Promise<void> {
  const session = await admin.connect();
  try {
    await session.query('select pg_advisory_lock($1, $2)', TEMPLATE_LOCK);
    const { rowCount } = await session.query('select from pg_database where datname = $1', [template]);
    if (rowCount > 0) return;
    const unfinished = `unfinished_${template}`.slice(0, 63);
    await session.query(`drop database if exists ${unfinished} with (force)`);
    await session.query(`create database ${unfinished}`);
    const pool = openPool(withDatabase(server, unfinished), { name: 'test-template', max: 1 });
    try {
      await migrate(pool, migrationsFolder);
    } finally {
      await pool.end();
    }
    await requireNoConnections(session, unfinished);
    await session.query(`alter database ${unfinished} rename to ${template}`);
  } finally {
    session.release(true); // the lock goes with the session
  }
}

async function requireNoConnections(admin: Pick<Pool, 'query'>, database: string): Promise<void> {
  const untilMs = systemClock.monotonicMs() + LEAK_PATIENCE_MS;
  for (;;) {
    const { rows } = await admin.query<{ name: string; query: string }>(
      // autovacuum and parallel workers come and go by themselves
      `select application_name as name, left(query, 80) as query from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [database],
    );
    if (rows.length === 0) return;
    if (systemClock.monotonicMs() > untilMs) throw new Error(`the test left connections open: ${JSON.stringify(rows)}`);
    await sleep(20);
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
}
