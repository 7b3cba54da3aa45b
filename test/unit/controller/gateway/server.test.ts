import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { apiError } from '../../../../controller/apis/errors.ts';
import type { Subject } from '../../../../controller/apis/gateway-ports.ts';
import { requireAccessRule } from '../../../../controller/gateway/access/authorize.ts';
import type { GatewayParts } from '../../../../controller/gateway/gateway-parts.ts';
import { buildServer } from '../../../../controller/gateway/server.ts';
import { Fault } from '../../../../platform/errors.ts';

type Server = Awaited<ReturnType<typeof buildServer>>;

const subject: Subject = { kind: 'operator', subject: 'op', owner: null, projectId: null, namespaces: null };
const logged: { facts: Record<string, unknown>; message: string }[] = [];
const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  logged.length = 0;
});

/** A server whose connectors do what a test says. */
async function serverWith(parts: Partial<GatewayParts> | Record<string, unknown>): Promise<Server> {
  let count = 0;
  const log = { error: (facts: Record<string, unknown>, message: string) => void logged.push({ facts, message }), debug: () => undefined };
  const all = { version: '0', tokens: { find: async () => subject }, changes: { subscribe: () => () => undefined }, ...parts };
  const server = await buildServer(all as unknown as GatewayParts, { uuid: () => `request-${(count += 1)}` }, log);
  servers.push(server);
  return server;
}
const headers = { authorization: 'Bearer token-0123456789abcdef' };
const failing = (error: unknown) => ({
  connectors: {
    list: async () => {
      throw error;
    },
  },
});

describe('errors', () => {
  it('of handlers that are typed are answered as they are, with the id of the request', async () => {
    const server = await serverWith(failing(apiError('run_already_active', { run_id: 'r', namespace: 'n', name: 'm' })));
    const answer = await server.inject({ url: '/v1/connectors', headers });
    expect([answer.statusCode, answer.headers['x-request-id']]).toEqual([409, 'request-1']);
    expect(answer.json()).toEqual({
      error: {
        reason: 'run_already_active',
        message: 'run r of n/m is still active',
        hint: 'Wait for it or cancel it.',
        details: { run_id: 'r', namespace: 'n', name: 'm' },
        request_id: 'request-1',
      },
    });
  });

  it.each([
    ['an error', new Error('password=hunter2 at /srv/secret')],
    ['no error at all', 'hunter2'],
    ['nothing', null],
    ['an error with a status of its own', Object.assign(new Error('hunter2'), { statusCode: 502 })],
  ])('that are not ours (%s) are logged under the id and answered without their text', async (_, error) => {
    const server = await serverWith(failing(error));
    const answer = await server.inject({ url: '/v1/connectors', headers });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ error: { reason: 'InternalError', request_id: 'request-1', details: {} } });
    expect(answer.body).not.toMatch(/hunter2|srv|stack/);
    expect(logged).toMatchObject([{ message: 'request failed', facts: { requestId: 'request-1', route: '/v1/connectors' } }]);
  });

  it('that pass say when to come back; faults without a status are logged', async () => {
    const server = await serverWith(failing(apiError('DatabaseUnavailable')));
    const answer = await server.inject({ url: '/v1/connectors', headers });
    expect([answer.statusCode, answer.headers['retry-after'], logged]).toEqual([503, '1', []]);
    const other = await serverWith(failing(new Fault({ reason: 'Unheard', message: 'm' })));
    expect((await other.inject({ url: '/v1/connectors', headers })).statusCode).toBe(500);
    expect(logged).toHaveLength(1);
  });

  it.each([
    ['GET', '/v1/nothing', {}, 404, 'NotFound'],
    ['PUT', '/v1/connectors', {}, 404, 'NotFound'],
    ['HEAD', '/v1/connectors', {}, 404, undefined],
    ['GET', '/v1/types/%zz', {}, 400, 'RequestInvalid'],
    ['GET', '/v1/connectors?namespace=a%00b', {}, 400, 'RequestInvalid'],
    ['GET', '/v1/connectors?limit=x', {}, 400, 'RequestInvalid'],
    ['POST', '/v1/tokens', { body: '{', headers: { 'content-type': 'application/json' } }, 400, 'RequestInvalid'],
    ['POST', '/v1/tokens', { body: '[]', headers: { 'content-type': 'application/json' } }, 400, 'RequestInvalid'],
    ['POST', '/v1/tokens', { body: 'x', headers: { 'content-type': 'image/png' } }, 400, 'RequestInvalid'],
    [
      'POST',
      '/v1/specs:apply',
      { body: 'x'.repeat(17 * 1024 * 1024), headers: { 'content-type': 'application/yaml' } },
      413,
      'RequestTooLarge',
    ],
  ] as const)('of the framework (%s %s) have the same form', async (...[method, url, more, status, reason]) => {
    const server = await serverWith({});
    const answer = await server.inject({
      method,
      url,
      ...more,
      headers: { ...headers, ...('headers' in more ? more.headers : {}) },
    } as never);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['x-request-id']).toBe('request-1');
    if (reason === undefined) return;
    expect(answer.json()).toMatchObject({
      error: { reason, message: expect.any(String), hint: expect.any(String), request_id: 'request-1' },
    });
    expect(Object.keys(answer.json())).toEqual(['error']);
  });

  it('name the field that is wrong', async () => {
    const server = await serverWith({});
    const told = async (url: string) => (await server.inject({ url, headers })).json().error.message as string;
    expect(await told('/v1/connectors?limit=501')).toBe('querystring/limit must be <= 500');
    expect(await told('/v1/connectors?limits=5')).toBe('querystring: «limits» is not known here');
  });

  it('that are no HTTP have the same form', async () => {
    const server = await serverWith({});
    const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), '127.0.0.1', () => socket.write('THIS IS NONE\r\n\r\n'));
    const answered = await readAll(socket);
    expect(answered).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(JSON.parse(answered.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { reason: 'RequestInvalid', request_id: 'request-1' } });
  });
});

describe('access', () => {
  it('a route that names no rule does not start', () => {
    expect(() => requireAccessRule({ url: '/v1/new' })).toThrow('/v1/new');
    expect(() => requireAccessRule({ url: '/v1/new', config: {} })).toThrow('permission');
    expect(() => requireAccessRule({ url: '/v1/new', config: { permission: 'read' } })).not.toThrow();
    expect(() => requireAccessRule({ url: '/healthz', config: { open: true } })).not.toThrow();
  });

  it('is decided before the body is read, and closed when tokens cannot be looked up', async () => {
    const unknown = await serverWith({ tokens: { find: async () => null } });
    const big = {
      method: 'POST',
      url: '/v1/specs:apply',
      body: 'x'.repeat(17 * 1024 * 1024),
      headers: { ...headers, 'content-type': 'application/yaml' },
    } as const;
    expect((await unknown.inject(big)).statusCode).toBe(401);
    const down = await serverWith({ tokens: { find: async () => Promise.reject(apiError('DatabaseUnavailable')) } });
    expect((await down.inject({ url: '/v1/connectors', headers })).statusCode).toBe(503);
  });
});

describe('closing', () => {
  it('ends watches and long polls at once', async () => {
    const run = { runId: '0191f000-0000-7000-8000-000000000000', state: 'running' };
    const server = await serverWith({
      connectors: {
        get: async () => ({ instanceId: 'i', view: { metadata: { name: 'm' } } }),
        position: async () => '1',
        list: async () => ({ items: [], next: null, remaining: 0 }),
        changesSince: async () => ({ changes: [], position: '1' }),
      },
      runs: { get: async () => run },
      showRun: (shown: object) => shown,
    });
    const address = await server.listen({ host: '127.0.0.1', port: 0 });
    const watch = await fetch(`${address}/v1/connectors?watch=true`, { headers });
    const poll = fetch(`${address}/v1/namespaces/n/connectors/m/runs/${run.runId}?wait_seconds=60`, { headers });
    const reader = (watch.body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toContain('initial-events-end');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.close();
    expect((await reader.read()).done).toBe(true);
    expect(await (await poll).json()).toMatchObject({ state: 'running' });
  });
});
