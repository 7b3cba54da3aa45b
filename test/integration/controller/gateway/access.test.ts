import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiDescription } from '../../../gen/api-description.ts';
import { connector, connectorType, withMetadata, withSpec } from '../../../gen/documents.ts';
import { ALICE, type ApiAnswer, BOB, type Json, type RunningController, runningController } from '../../../gen/running-controller.ts';

let api: RunningController;
beforeAll(async () => {
  api = await runningController([connectorType('counter')]);
  await api.ask('POST', '/v1/specs:apply', { body: connector('mail', withMetadata({ labels: { team: 'a' } })) });
  await api.ask('POST', '/v1/specs:apply', { body: connector('secret', withMetadata({ namespace: 'a' })) });
  await api.until('/v1/namespaces/default/connectors/mail', ({ body }) => body.status.observedGeneration === 1);
});
afterAll(() => api.stop());

const document = JSON.parse(
  await readFile(new URL('../../../../schemas/generated/openapi.json', import.meta.url), 'utf8'),
) as ApiDescription;
const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);
const guarded = routes.filter(({ operation }) => operation.security === undefined);
const fill = (path: string, name: string, namespace = 'default'): string =>
  path
    .replace('{namespace}', namespace)
    .replace('{name}', name)
    .replace('{run_id}', '0191f000-0000-7000-8000-000000000000')
    .replace(/\{\w+\}/g, 'x');
/** Whatever a route needs so that its request is well formed. */
const query = (path: string): string => (/\/records(\/count)?$/.test(path) ? '?stream=items' : '');
const bodyOf = (path: string): unknown => {
  if (path.endsWith('/rollback')) return { revision: 'abcdef' };
  if (path === '/v1/tokens') return { kind: 'operator', subject: 'x' };
  return path.includes('specs') ? connector('posted') : undefined;
};
const call = (route: { method: string; path: string }, as: Parameters<RunningController['ask']>[2], name = 'mail', namespace?: string) =>
  api.ask(route.method, fill(route.path, name, namespace) + query(route.path), {
    ...(route.method === 'GET' ? {} : { body: bodyOf(route.path) }),
    ...as,
  });
const withoutId = ({ body, status }: ApiAnswer, name: string): unknown =>
  JSON.parse(JSON.stringify({ status, body: { ...body.error, request_id: '' } }).replaceAll(name, 'NAME'));

describe('every route', () => {
  it.each(guarded.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s wants a token, and one that may',
    async (_, route) => {
      for (const authorization of ['', 'Bearer wrong-token-0123456789', 'Basic b3A6b3A=', 'Bearer short']) {
        const answer = await call(route, { headers: { authorization } });
        expect(answer.status).toBe(401);
        expect(answer.body.error.reason).toBe('Unauthenticated');
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
      for (const as of ['client', 'device'] as const) expect(await call(route, { as })).toMatchObject({ status: 403 });
    },
  );

  it('answers without a token only where it says nothing about connectors', () => {
    expect(routes.filter((route) => !guarded.includes(route)).map(({ path }) => path)).toEqual(['/healthz', '/readyz', '/metrics']);
  });

  it('keeps what concerns the installation to operators', async () => {
    const installation = guarded.filter(({ path }) => /^\/v1\/(sources|audit|tokens)/.test(path));
    expect(installation).toHaveLength(7);
    for (const route of installation)
      expect(await call(route, { as: 'alice' })).toMatchObject({ status: 403, body: { error: { reason: 'Forbidden' } } });
  });
});

describe('what is foreign', () => {
  const about = guarded.filter(({ path }) => path.includes('{name}'));
  it.each(about.map((route) => [`${route.method} ${route.path}`, route] as const))('%s looks absent to another owner', async (_, route) => {
    const absent = withoutId(await call(route, { as: 'bob' }, 'absent'), 'absent');
    expect(absent).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
    expect(withoutId(await call(route, { as: 'bob' }, 'mail'), 'mail')).toEqual(absent);
    expect(withoutId(await call(route, { as: 'aliceProject' }, 'mail'), 'mail')).toEqual(absent);
    expect(withoutId(await call(route, { as: 'bobInB' }, 'secret', 'a'), 'secret')).toEqual(
      withoutId(await call(route, { as: 'bobInB' }, 'absent', 'a'), 'absent'),
    );
  });

  it('is in no list and no count', async () => {
    expect((await api.ask('GET', '/v1/connectors', { as: 'alice' })).body.items.map((item: Json) => item.metadata.name)).toEqual([
      'secret',
      'mail',
    ]);
    for (const as of ['bob', 'bobInB', 'aliceProject'] as const)
      expect((await api.ask('GET', '/v1/connectors', { as })).body).toMatchObject({ items: [], metadata: {} });
  });

  it('cannot be overwritten, and an upload learns nothing of it', async () => {
    const bobs = connector('mail', withSpec({ owner: BOB }));
    for (const verb of ['apply', 'diff', 'apply?dry_run=true']) {
      const { status, text, body } = await api.ask('POST', `/v1/specs:${verb}`, { as: 'bob', body: bobs });
      expect(status).toBe(verb === 'diff' || verb.startsWith('apply') ? 409 : 0);
      expect(body.error.message).toBe('the name default/mail is taken by somebody else');
      expect(text).not.toMatch(new RegExp(`${ALICE.id}|upload|generation|revision`));
    }
    const asAlice = await api.ask('POST', '/v1/specs:apply', {
      as: 'bob',
      body: connector('mail', withMetadata({ labels: { team: 'a' } })),
    });
    expect(asAlice).toMatchObject({ status: 422, body: { error: { details: { findings: [{ reason: 'OwnerNotAllowed' }] } } } });
  });

  it('answers alike for a foreign namespace whether or not the name is there', async () => {
    const applied = (name: string) =>
      api.ask('POST', '/v1/specs:apply', {
        as: 'bobInB',
        body: connector(name, withMetadata({ namespace: 'a' }), withSpec({ owner: BOB })),
      });
    const there = withoutId(await applied('secret'), 'secret');
    expect(there).toMatchObject({ status: 422, body: { details: { findings: [{ reason: 'NamespaceNotAllowed' }] } } });
    expect(there).toEqual(withoutId(await applied('absent'), 'absent'));
  });

  it('[HARD-19.5-3] refuses on its own what is out of reach, takes the rest, and audits both with who asked', async () => {
    const body = {
      apiVersion: 'v1',
      kind: 'List',
      items: [connector('mail', withSpec({ owner: BOB })), connector('bobs', withSpec({ owner: BOB }))],
    };
    const { status, body: answer } = await api.ask('POST', '/v1/specs:apply', { as: 'bob', body });
    expect(status).toBe(422);
    expect(answer.error.details.results.map(({ name, outcome }: Json) => [name, outcome])).toEqual([
      ['mail', 'conflict'],
      ['bobs', 'created'],
    ]);
    const { rows } = await api.database.pool.query(
      `select name, outcome, reason, connector_instance_id is null as unlinked from audit_events
       where actor = '{"kind":"owner_session","name":"bob"}' and request_id = $1 order by name`,
      [answer.error.request_id],
    );
    expect(rows).toEqual([
      { name: 'bobs', outcome: 'accepted', reason: null, unlinked: false },
      { name: 'mail', outcome: 'refused', reason: 'SourceConflict', unlinked: true },
    ]);
  });
});

describe('tokens', () => {
  it('are shown once, kept as hashes, listed without themselves, and revoked at once', async () => {
    const issued = await api.ask('POST', '/v1/tokens', {
      body: { kind: 'owner_agent', subject: 'cron', owner: ALICE, namespaces: ['default'], ttl_seconds: 600 },
    });
    const { token, id } = issued.body;
    expect(token).toMatch(/^[\w-]{43}$/);
    const ask = () => fetch(`${api.controller.server}/v1/connectors`, { headers: { authorization: `Bearer ${token}` } });
    expect(await (await ask()).json()).toMatchObject({ items: [{ metadata: { name: 'mail' } }] });
    const listed = (await api.ask('GET', '/v1/tokens')).body.items.find((item: Json) => item.id === id);
    expect(listed).toMatchObject({
      kind: 'owner_agent',
      subject: 'cron',
      owner: ALICE,
      revoked_at: null,
      created_by: { kind: 'operator', name: 'op', acts_for_every_owner: true },
    });
    const dump =
      JSON.stringify((await api.database.pool.query('select * from api_tokens')).rows) +
      JSON.stringify((await api.database.pool.query('select * from audit_events')).rows);
    expect(dump + api.logged.join('')).not.toContain(token);
    expect((await api.ask('DELETE', `/v1/tokens/${id}`)).body).toEqual({ result: 'revoked' });
    expect((await ask()).status).toBe(401);
    expect((await api.ask('DELETE', `/v1/tokens/${id}`)).body).toEqual({ result: 'unchanged' });
    expect((await api.ask('DELETE', '/v1/tokens/0191f000-0000-7000-8000-000000000000')).status).toBe(404);
    const audit = (await api.ask('GET', '/v1/audit')).body.items;
    expect(audit).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'token.issue.owner_agent', name: 'cron' }),
        expect.objectContaining({ action: 'token.revoke', name: id, outcome: 'carried_out' }),
      ]),
    );
  });

  it.each([
    ['an operator with an owner', { kind: 'operator', subject: 'x', owner: ALICE }],
    ['an agent without one', { kind: 'owner_agent', subject: 'x' }],
    ['an owner that is no uuid', { kind: 'client', subject: 'x', owner: { type: 'user', id: 'alice' } }],
    ['an unknown member', { kind: 'operator', subject: 'x', admin: true }],
  ])('refuse %s', async (_, body) => {
    expect(await api.ask('POST', '/v1/tokens', { body })).toMatchObject({ status: 400, body: { error: { reason: 'RequestInvalid' } } });
  });
});
