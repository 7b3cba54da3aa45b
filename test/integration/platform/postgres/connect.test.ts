import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isFault } from '../../../../platform/errors.ts';
import { openPool, type Pool, withTransaction } from '../../../../platform/postgres/connect.ts';
import { hasSqlState, isContention, SqlState } from '../../../../platform/postgres/sql-state.ts';
import { createEmptyDatabase, type TestDatabase } from '../../../database.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = database.pool;
  await pool.query('create table t (id int8 primary key, body json, at timestamptz)');
});

afterAll(() => database.drop());

describe('values', () => {
  test('int8 is a number, alone and in arrays; json keeps its bytes; timestamptz is a Date; date and numeric stay text', async () => {
    const { rows } = await pool.query(
      `select 9007199254740991::int8 as big, array[1, 2]::int8[] as bigs, '{"n": 12345678901234567890.10}'::json as exact,
              array['{"a":  1}']::json[] as exacts, '{"a": 1}'::jsonb as parsed, '2026-11-20T10:00:00Z'::timestamptz as at,
              '2026-11-20'::date as day, 1.10::numeric as price`,
    );
    expect(rows[0]).toEqual({
      big: 9007199254740991,
      bigs: [1, 2],
      exact: '{"n": 12345678901234567890.10}',
      exacts: ['{"a":  1}'],
      parsed: { a: 1 },
      at: new Date('2026-11-20T10:00:00Z'),
      day: '2026-11-20',
      price: '1.10',
    });
  });

  test('a named statement is prepared under its name', async () => {
    const connection = await pool.connect();
    const { rows } = await connection.query<{ sum: number }>({ name: 'addition', text: 'select $1::int + $2::int as sum', values: [1, 2] });
    const prepared = await connection.query<{ name: string }>('select name from pg_prepared_statements');
    connection.release();
    expect(rows).toEqual([{ sum: 3 }]);
    expect(prepared.rows).toEqual([{ name: 'addition' }]);
  });

  test('sessions carry the name of the pool, cut to what PostgreSQL keeps', async () => {
    const named = openPool(database.url, { name: `runtime ${'x'.repeat(80)}`, max: 1 });
    const { rows } = await named.query<{ name: string }>(`select current_setting('application_name') as name`);
    await named.end();
    expect(rows[0]?.name).toBe(`runtime ${'x'.repeat(55)}`);
  });
});

describe('transactions', () => {
  test('commit keeps, a throw rolls back and is thrown on, and the connection is used again', async () => {
    await withTransaction(pool, (tx) => tx.query('insert into t (id) values (1)'));
    const failing = withTransaction(pool, async (tx) => {
      await tx.query('insert into t (id) values (2)');
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    const { rows } = await pool.query('select id from t order by id');
    expect(rows).toEqual([{ id: 1 }]);
    expect(pool.stats().open).toBe(pool.stats().idle);
  });

  test('a violated constraint is told by its state', async () => {
    const error = await pool.query('insert into t (id) values (1)').catch((caught: unknown) => caught);
    expect(hasSqlState(error, SqlState.uniqueViolation)).toBe(true);
    expect(isContention(error)).toBe(false);
    expect(isFault(error)).toBe(false);
  });

  test('a lock that is not granted in time is contention', async () => {
    const impatient = openPool(database.url, { name: 'impatient', max: 1, lockTimeoutMs: 50 });
    await withTransaction(pool, async (tx) => {
      await tx.query('select from t where id = 1 for update');
      const error = await impatient.query('update t set body = null where id = 1').catch((caught: unknown) => caught);
      expect(isContention(error)).toBe(true);
    });
    await impatient.end();
  });

  test('a statement beyond its time is cancelled', async () => {
    const impatient = openPool(database.url, { name: 'impatient', max: 1, statementTimeoutMs: 50 });
    const error = await impatient.query('select pg_sleep(60)').catch((caught: unknown) => caught);
    await impatient.end();
    expect(hasSqlState(error, SqlState.queryCanceled)).toBe(true);
  });
});

describe('a lost connection', () => {
  test('in the middle of a transaction is DatabaseUnavailable with disposition retry, and the pool goes on', async () => {
    const failing = withTransaction(pool, async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      await tx.query('select 1');
    });
    await expect(failing).rejects.toMatchObject({ reason: 'DatabaseUnavailable', disposition: { kind: 'retry' } });
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('of an idle connection is logged and does not end the process', async () => {
    const warnings: unknown[] = [];
    const { promise: warned, resolve } = Promise.withResolvers<void>();
    const log = { warn: (...entry: unknown[]) => (warnings.push(entry), resolve()) } as never;
    const idle = openPool(database.url, { name: 'idle', max: 1, log });
    const { rows } = await idle.query<{ pid: number }>('select pg_backend_pid() as pid');
    await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await warned;
    expect((await idle.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await idle.end();
    expect(warnings).toHaveLength(1);
  });

  test.each([
    { reason: 'no socket there', url: 'postgresql://connector:secret-password@%2Fnonexistent:5432/x' },
    { reason: 'nobody listens', url: 'postgresql://connector:secret-password@127.0.0.1:9/x' },
  ])('at connect ($reason) is DatabaseUnavailable and does not show the password', async ({ url }) => {
    const nowhere = openPool(url, { name: 'nowhere', max: 1 });
    const error = await nowhere.query('select 1').catch((caught: unknown) => caught);
    await nowhere.end();
    expect(error).toMatchObject({ reason: 'DatabaseUnavailable' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret-password');
  });

  test('a wrong password is no outage: it stays the answer of the server', async () => {
    const wrong = new URL(database.url);
    wrong.password = 'wrong';
    const refused = openPool(wrong.toString(), { name: 'wrong', max: 1 });
    const error = await refused.query('select 1').catch((caught: unknown) => caught);
    await refused.end();
    expect(hasSqlState(error, '28P01')).toBe(true);
  });
});
