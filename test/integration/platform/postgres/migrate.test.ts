import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openPool } from '../../../../platform/postgres/connect.ts';
import { migrate, readMigrations } from '../../../../platform/postgres/migrate.ts';
import { schemaSnapshot } from '../../../../platform/postgres/schema-snapshot.ts';
import { createDatabase, createEmptyDatabase, migrationsFolder, type TestDatabase } from '../../../database.ts';

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  database = await createEmptyDatabase();
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  await write('0001_first.sql', '-- Breaking: no.\ncreate table a (id int);');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
});

const write = (name: string, sql: string): Promise<void> => writeFile(join(folder, name), sql);
const tables = async (): Promise<unknown[]> =>
  (
    await database.pool.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
    )
  ).rows.map((row) => row.name);

describe('applying', () => {
  test('missing migrations are applied in order, once, and noted with their checksum', async () => {
    await write('0002_second.sql', 'alter table a add column b text; create table c (id int);');
    expect(await migrate(database.pool, folder)).toEqual({ applied: ['0001_first.sql', '0002_second.sql'], version: 2 });
    expect(await migrate(database.pool, folder)).toEqual({ applied: [], version: 2 });
    const { rows } = await database.pool.query(
      'select version, name, length(checksum) as length, breaking from schema_migrations order by version',
    );
    expect(rows).toEqual([
      { version: 1, name: '0001_first.sql', length: 64, breaking: false },
      { version: 2, name: '0002_second.sql', length: 64, breaking: false },
    ]);
  });

  test('of several processes that migrate at once one applies each migration', async () => {
    const pools = Array.from({ length: 5 }, (_, index) => openPool(database.url, { name: `migrator ${index}`, max: 1 }));
    const results = await Promise.all(pools.map((pool) => migrate(pool, folder)));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(results.flatMap((result) => result.applied)).toEqual(['0001_first.sql']);
  });

  test('a migration that the database refuses leaves nothing, not even those before it', async () => {
    await write('0002_broken.sql', 'create table b (id int); select no_such_function();');
    await expect(migrate(database.pool, folder)).rejects.toMatchObject({
      reason: 'MigrationFailed',
      disposition: { kind: 'stall' },
      message: expect.stringContaining('0002_broken.sql'),
    });
    expect(await tables()).toEqual([]);
  });

  test('a migrator that is killed in the middle leaves nothing stuck', async () => {
    await write('0002_slow.sql', 'create table b (id int); select pg_sleep(600);');
    const victim = openPool(database.url, { name: 'victim', max: 1 });
    const killed = migrate(victim, folder).catch((error: unknown) => error);
    const sleeping = `select pid from pg_stat_activity where application_name = 'victim' and query like '%pg_sleep%' and wait_event = 'PgSleep'`;
    while ((await database.pool.query(sleeping)).rowCount === 0);
    await database.pool.query(`select pg_terminate_backend(pid) from (${sleeping}) v`);
    expect(await killed).toMatchObject({ reason: 'DatabaseUnavailable' });
    await victim.end();
    await write('0002_slow.sql', 'create table b (id int);');
    expect((await migrate(database.pool, folder)).applied).toEqual(['0001_first.sql', '0002_slow.sql']);
  });
});

describe('refusing', () => {
  test('a migration whose content changed after it was applied', async () => {
    await migrate(database.pool, folder);
    await write('0001_first.sql', 'create table other (id int);');
    await expect(migrate(database.pool, folder)).rejects.toMatchObject({ reason: 'MigrationChanged', details: { version: 1 } });
    expect(await tables()).toEqual(['a', 'schema_migrations']);
  });

  test('a newer database is lived with, until one of its migrations is breaking', async () => {
    const older = await mkdtemp(join(tmpdir(), 'migrations-'));
    await cp(folder, older, { recursive: true });
    await write('0002_expand.sql', '-- Locks: none. Breaking: no.\ncreate table b (id int);');
    await migrate(database.pool, folder);
    expect(await migrate(database.pool, older)).toEqual({ applied: [], version: 2 });
    await write('0003_contract.sql', '-- Locks: a. Breaking: yes, drops a.\ndrop table a;');
    await migrate(database.pool, folder);
    await expect(migrate(database.pool, older)).rejects.toMatchObject({ reason: 'SchemaTooNew', details: { database: 3, known: 1 } });
    await rm(older, { recursive: true });
  });

  test.each(['0003_gap.sql', '0001_twice.sql', '0002-Dash.sql'])('%s, a name out of order', async (name) => {
    await write(name, 'select 1');
    await expect(readMigrations(folder)).rejects.toMatchObject({ reason: 'MigrationsInvalid' });
  });
});

describe('the snapshot', () => {
  test('says every part of a schema and nothing of partitions', async () => {
    await database.pool.query(`
      create table parent (id int generated always as identity primary key, kind text not null default 'x' check (kind in ('x', 'y')));
      create table child (at timestamptz not null, parent_id int references parent on delete cascade) partition by range (at);
      create table child_2026 partition of child for values from ('2026-01-01') to ('2027-01-01');
      create index child_parent on child (parent_id) where parent_id is not null;
      create function one() returns int language sql as 'select 1';`);
    expect(await schemaSnapshot(database.pool)).toMatchInlineSnapshot(`
"table child partition by RANGE (at)
  at timestamp with time zone not null
  parent_id integer
  constraint child_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES parent(id) ON DELETE CASCADE
  CREATE INDEX child_parent using btree (parent_id) WHERE (parent_id IS NOT NULL)

CREATE OR REPLACE FUNCTION public.one()
 RETURNS integer
 LANGUAGE sql
AS $function$select 1$function$

table parent
  id integer not null generated always as identity
  kind text not null default 'x'::text
  constraint parent_kind_check CHECK ((kind = ANY (ARRAY['x'::text, 'y'::text])))
  constraint parent_pkey PRIMARY KEY (id)
"
`);
  });

  test('of this project: migrations on an empty database and a clone of the template are the same', async () => {
    await migrate(database.pool, migrationsFolder);
    const clone = await createDatabase();
    try {
      const snapshot = await schemaSnapshot(clone.pool);
      expect(snapshot).toBe(await schemaSnapshot(database.pool));
      expect(snapshot).toContain('table process_beats');
    } finally {
      await clone.drop();
    }
  });
});
