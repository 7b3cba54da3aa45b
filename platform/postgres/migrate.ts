import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../errors.ts';
import { type Pool, type Transaction, withTransaction } from './connect.ts';
import { hasSqlState, SqlState } from './sql-state.ts';

/** One numbered migration: `migrations/NNNN_name.sql`, whose header says `Breaking: yes` when binaries that do not know it cannot work after it. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
  readonly breaking: boolean;
}

/** What `migrate` did. */
export interface MigrationResult {
  /** File names applied now, in order; empty when the schema was up to date. */
  readonly applied: string[];
  /** Newest version in the database, which may be above ours. */
  readonly version: number;
}

interface AppliedRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly breaking: boolean;
}

/** Key of the advisory lock of migrations; ends with its transaction, so that a killed migration leaves nothing stuck. */
const MIGRATION_LOCK = [0x636e, 2];

/**
 * Brings the schema up to the newest migration of the folder: all missing ones in one transaction. Any number of processes may call it at
 * once; one applies, the others wait and find it done. A database that is newer is accepted unless one of its unknown migrations is breaking.
 * Throws `MigrationChanged`, `SchemaTooNew`, `MigrationFailed` (stall), `MigrationLocked` (retry).
 */
export async function migrate(pool: Pool, folder: string): Promise<MigrationResult> {
  const migrations = await readMigrations(folder);
  try {
    return await withTransaction(pool, (transaction) => applyMissing(transaction, migrations));
  } catch (error) {
    if (!hasSqlState(error, SqlState.lockNotAvailable)) throw error;
    throw new Fault({
      reason: 'MigrationLocked',
      message: 'another process holds the migration lock, or a table that a migration changes',
      hint: 'wait for the other process; it is tried again by itself',
      cause: error,
    });
  }
}

/** Reads and checks the migrations of a folder, in order. Throws `MigrationsInvalid` for a gap, a doubled number or a bad name. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name, index) => {
      const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]);
      if (version !== index + 1) throw migrationsInvalid(name, index + 1);
      const sql = await readFile(join(folder, name), 'utf8');
      return {
        version,
        name,
        sql,
        checksum: createHash('sha256').update(sql).digest('hex'),
        breaking: /^--.*\bBreaking: yes\b/m.test(sql),
      };
    }),
  );
}

async function applyMissing(transaction: Transaction, migrations: Migration[]): Promise<MigrationResult> {
  await transaction.query("set local lock_timeout = '60s'; set local statement_timeout = 0");
  await transaction.query('select pg_advisory_xact_lock($1, $2)', MIGRATION_LOCK);
  await transaction.query(`create table if not exists schema_migrations (
    version integer primary key, name text not null, checksum text not null, breaking boolean not null, applied_at timestamptz not null default now())`);
  const { rows } = await transaction.query<AppliedRow>('select version, name, checksum, breaking from schema_migrations order by version');
  requireUnchanged(rows, migrations);
  const missing = migrations.slice(rows.length);
  for (const migration of missing) await applyOne(transaction, migration);
  return { applied: missing.map((migration) => migration.name), version: Math.max(rows.length, migrations.length) };
}

async function applyOne(transaction: Transaction, { version, name, sql, checksum, breaking }: Migration): Promise<void> {
  try {
    await transaction.query(sql);
  } catch (error) {
    if (error instanceof Fault || hasSqlState(error, SqlState.lockNotAvailable)) throw error;
    throw new Fault({
      reason: 'MigrationFailed',
      message: `migration ${name} was refused by the database`,
      hint: 'nothing of it was applied; the cause names the statement',
      disposition: { kind: 'stall' },
      cause: error,
    });
  }
  const values = [version, name, checksum, breaking];
  await transaction.query('insert into schema_migrations (version, name, checksum, breaking) values ($1, $2, $3, $4)', values);
}

function requireUnchanged(applied: AppliedRow[], migrations: Migration[]): void {
  for (const row of applied) {
    const ours = migrations[row.version - 1];
    if (ours === undefined && row.breaking) throw schemaTooNew(row, migrations.length);
    if (ours !== undefined && ours.checksum !== row.checksum) throw migrationChanged(row, ours);
  }
}

function schemaTooNew(row: AppliedRow, known: number): Fault {
  return new Fault({
    reason: 'SchemaTooNew',
    message: `the database has migration ${row.name}, after which this program (it knows ${known}) cannot work with it`,
    hint: 'start the newer program, or restore the database as it was before',
    disposition: { kind: 'stall' },
    details: { database: row.version, known },
  });
}

function migrationChanged(row: AppliedRow, ours: Migration): Fault {
  return new Fault({
    reason: 'MigrationChanged',
    message: `the database was made with another content of migration ${row.version} (${row.name}) than ${ours.name} has now`,
    hint: 'an applied migration never changes: put the file back and add a new one; in development start with an empty data folder',
    disposition: { kind: 'stall' },
    details: { version: row.version },
  });
}

function migrationsInvalid(name: string, expected: number): Fault {
  return new Fault({
    reason: 'MigrationsInvalid',
    message: `${name} should be ${String(expected).padStart(4, '0')}_some_name.sql`,
    hint: 'number migrations from 0001 without gaps, lower case words joined by _',
    disposition: { kind: 'stall' },
  });
}
