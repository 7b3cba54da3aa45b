import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseInstant } from '../../../runtime/protocol/scope/instant.ts';
import { fitsNumeric, unstorableText } from '../../../runtime/protocol/wire/unstorable.ts';
import { createDatabase, type TestDatabase } from '../../database.ts';

// The protocol refuses what PostgreSQL cannot hold before it gets there: both must draw the line at the same place.
let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

async function takes(sql: string, value: string): Promise<boolean> {
  return database.pool.query(sql, [value]).then(
    () => true,
    () => false,
  );
}

describe('what the protocol lets through and what PostgreSQL takes', () => {
  test.each([
    '0',
    '-12345678901234567890123.5',
    '9'.repeat(131_072),
    '9'.repeat(131_073),
    `${'9'.repeat(131_072)}.5`,
    `0.${'1'.repeat(16_383)}`,
    `0.${'1'.repeat(16_384)}`,
    '1e131071',
    '1e131072',
    '0.001e131074',
    '0.001e131075',
    '1e-16383',
    '1e-16384',
    '0e999999',
    '0e-16384',
    '0e1073741822',
    '0e1073741825',
    '1e99999999999',
  ])('[PROTO-9] agree on number %#', async (source) => {
    expect(await takes('select $1::jsonb', source)).toBe(fitsNumeric(source));
  });

  test.each(['plain', 'a\\u0000b', '\\ud800', '\\udc00\\ud800', '\\ud83d\\ude00', '\\\\u0000'])(
    '[PROTO-9] agree on the text "%s"',
    async (escaped) => {
      const text = String(JSON.parse(`"${escaped}"`));
      expect(await takes('select $1::jsonb', `"${escaped}"`)).toBe(unstorableText(text) === null);
    },
  );

  test.each([
    '2026-01-01T00:00:00Z',
    '2026-01-01t00:00:00.123456789z',
    '2026-01-01T00:00:00+15:59',
    '2026-01-01T00:00:00-15:59',
    '2026-01-01T00:00:00+16:00',
    '2026-02-29T00:00:00Z',
    '2024-02-29T23:59:60Z',
    '2026-01-01T23:59:61Z',
    '0001-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-15:59',
  ])('[PROTO-13] agree on the time %s', async (text) => {
    expect(await takes('select $1::timestamptz', text)).toBe(parseInstant(text, { date: false, noOffset: false }) !== null);
  });

  test('[PROTO-9] json keeps the bytes that were sent', async () => {
    const text = '{ "a":9007199254740993, "b":0.123456789012345678901234567890,"a":1.0, "t":"\\u00e9\\/\u2028é" }';
    const { rows } = await database.pool.query<{ text: string }>('select ($1::json)::text as text', [text]);
    expect(rows[0]?.text).toBe(text);
  });
});
