import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimKey, releaseKey, saveResponse, sweepKeys } from '../../../../controller/store/access/idempotency.ts';
import { findToken, revokeToken, saveToken, type TokenSubject } from '../../../../controller/store/access/tokens.ts';
import { readTemplates, replaceTemplates } from '../../../../controller/store/catalog/templates.ts';
import { countRecords, listRecords, listStreams } from '../../../../controller/store/records-read.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

describe('tokens', () => {
  const operator: TokenSubject = { kind: 'operator', subject: 'admin', owner: null, projectId: null, namespaces: null };
  const agent: TokenSubject = {
    kind: 'owner_agent',
    subject: 'agent',
    owner: { type: 'user', id: '6f1c2a52-6a0e-4c7e-9a54-0d8c1f2b3a10' },
    projectId: null,
    namespaces: ['payments'],
  };

  it('finds whom a token stands for and keeps no token', async () => {
    await saveToken(database.pool, 'secret-one', operator);
    await saveToken(database.pool, 'secret-two', agent);
    expect(await findToken(database.pool, 'secret-one')).toEqual(operator);
    expect(await findToken(database.pool, 'secret-two')).toEqual(agent);
    expect(await findToken(database.pool, 'secret-three')).toBeNull();
    const { rows } = await database.pool.query('select to_jsonb(t)::text as row from api_tokens t');
    expect(JSON.stringify(rows)).not.toContain('secret-');
  });

  it('a revoked or expired token stands for nobody', async () => {
    await saveToken(database.pool, 'short', operator, new Date('2020-01-01T00:00:00Z'));
    expect(await findToken(database.pool, 'short')).toBeNull();
    expect(await revokeToken(database.pool, 'secret-two')).toBe(true);
    expect(await revokeToken(database.pool, 'secret-two')).toBe(false);
    expect(await findToken(database.pool, 'secret-two')).toBeNull();
  });

  it('only an operator acts without an owner', async () => {
    await expect(saveToken(database.pool, 'x', { ...agent, owner: null })).rejects.toThrow();
  });
});

describe('idempotency keys', () => {
  const request = { subject: 's', key: 'k', requestHash: 'h', ttlMs: 60_000 };

  it('first, in flight, answered, reused; scoped to the subject', async () => {
    const claims = await Promise.all([claimKey(database.pool, request), claimKey(database.pool, request)]);
    expect(claims.map(({ outcome }) => outcome).sort()).toEqual(['first', 'in_flight']);
    expect(await claimKey(database.pool, { ...request, requestHash: 'other' })).toEqual({ outcome: 'reused' });
    expect(await claimKey(database.pool, { ...request, subject: 't' })).toEqual({ outcome: 'first' });
    await saveResponse(database.pool, 's', 'k', { status: 200 });
    expect(await claimKey(database.pool, request)).toEqual({ outcome: 'answered', response: { status: 200 } });
  });

  it('an expired key is new again, a released one too, an answered one is not released', async () => {
    await releaseKey(database.pool, 's', 'k');
    expect(await claimKey(database.pool, request)).toMatchObject({ outcome: 'answered' });
    await releaseKey(database.pool, 't', 'k');
    expect(await claimKey(database.pool, { ...request, subject: 't' })).toEqual({ outcome: 'first' });
    await database.pool.query(`update idempotency_keys set expires_at = now() - interval '1 second' where subject = 's'`);
    expect(await claimKey(database.pool, request)).toEqual({ outcome: 'first' });
    await database.pool.query(`update idempotency_keys set expires_at = now() - interval '1 second'`);
    expect(await sweepKeys(database.pool)).toBe(2);
  });
});

describe('records', () => {
  const id = '01900000-0000-7000-8000-000000000001';
  const other = '01900000-0000-7000-8000-000000000002';

  it('pages in key order and keeps the bytes that were sent', async () => {
    const exact = '{"b": 12345678901234567890.10,  "a":"\\u2028"}';
    for (const [instance, key, deleted] of [
      [id, 'b', false],
      [id, 'a', false],
      [id, 'c', true],
      [id, 'B', false],
      [other, 'a', false],
    ] as const) {
      await database.pool.query(
        `insert into records (connector_instance_id, stream, key, version, deleted, emitted_at, data) values ($1, 's', $2, 1, $3, now(), $4)`,
        [instance, key, deleted, exact],
      );
    }
    const first = await listRecords(database.pool, { instanceId: id, stream: 's', after: null, limit: 2 });
    expect(first.map(({ key }) => key)).toEqual(['B', 'a']);
    expect(first[0]?.dataText).toBe(exact);
    const rest = await listRecords(database.pool, { instanceId: id, stream: 's', after: 'a', limit: 2 });
    expect(rest.map(({ key }) => key)).toEqual(['b']);
    expect(await countRecords(database.pool, id, 's')).toBe(3);
    expect(await listStreams(database.pool, id)).toEqual([{ name: 's', records: 3 }]);
  });

  it('makes a page of large records shorter than asked, so that it fits into memory, and loses none', async () => {
    const bodies = Array.from({ length: 5 }, () => JSON.stringify({ noise: randomBytes(200 * 1024).toString('base64') }));
    for (const [index, body] of bodies.entries()) {
      await database.pool.query(
        `insert into records (connector_instance_id, stream, key, version, deleted, emitted_at, data) values ($1, 'large', $2, 1, false, now(), $3)`,
        [id, String(index), body],
      );
    }
    const page = (after: string | null) => listRecords(database.pool, { instanceId: id, stream: 'large', after, limit: 1_000 });
    const pages = [await page(null), await page('1'), await page('3'), await page('4')];
    expect(pages.map((records) => records.map(({ key }) => key))).toEqual([['0', '1'], ['2', '3'], ['4'], []]);
    expect(pages.flat().map(({ dataText }) => dataText)).toEqual(bodies);
  });
});

describe('policy templates', () => {
  it('are replaced as a set, and equal ones write nothing', async () => {
    const two = new Map([
      ['a', { allowOperations: ['x'] }],
      ['b', {}],
    ]);
    expect(await replaceTemplates(database.pool, two)).toBe(true);
    expect(await replaceTemplates(database.pool, two)).toBe(false);
    expect(await replaceTemplates(database.pool, new Map([['b', {}]]))).toBe(true);
    expect(await readTemplates(database.pool)).toEqual(new Map([['b', {}]]));
  });
});
