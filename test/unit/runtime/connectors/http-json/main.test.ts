import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ConnectorRun, failureOf, recordsOf, runConnector } from '../connector-process.ts';

let server: Server;
let origin: string;
let requests: { path: string; authorization: string | undefined }[];
let answer: (request: IncomingMessage, response: ServerResponse, url: URL) => void;

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', authorization: request.headers.authorization });
    answer(request, response, new URL(request.url ?? '', origin));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const token = 'canary-token-value';
const run = (config: object = {}, before?: ConnectorRun, env: Record<string, string> = {}) =>
  runConnector('http-json', {
    config: { url: `${origin}/items`, keyField: 'id', ...config },
    streams: ['items'],
    state: before?.state ?? null,
    env,
  });
const json = (response: ServerResponse, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));

describe('items over HTTP', () => {
  test('numbers keep their digits, keys too; the token goes along', async () => {
    answer = (_request, response) =>
      json(response, '{"data":{"items":[{"id":9007199254740993,"d":0.1000000000000000055511151231257827}]}}');
    const { lines, exitCode } = await run({ recordsPath: 'data.items' }, undefined, { HTTP_JSON_TOKEN: token });
    expect(exitCode).toBe(0);
    expect(lines[0]).toContain(
      '"key":"9007199254740993","data":{"key":"9007199254740993","item":{"id":9007199254740993,"d":0.1000000000000000055511151231257827}}',
    );
    expect(requests).toEqual([{ path: '/items', authorization: `Bearer ${token}` }]);
    expect(lines.join('')).not.toContain(token);
  });

  test('all pages by link, with the query on the first', async () => {
    answer = (_request, response, url) => {
      const number = Number(url.searchParams.get('page') ?? 1);
      json(response, [{ id: `p${number}` }], number < 3 ? { link: `</items?page=${number + 1}>; rel="next"` } : {});
    };
    const done = await run({ paging: { type: 'link' }, query: { per_page: '1' } });
    expect([...recordsOf(done, 'items').keys()]).toEqual(['p1', 'p2', 'p3']);
    expect(requests.map((request) => request.path)).toEqual(['/items?per_page=1', '/items?page=2', '/items?page=3']);
  });

  test('the cursor is told to the server and older items are left out; nothing new moves nothing', async () => {
    answer = (_request, response) =>
      json(response, [
        { id: 'b', at: '2026-01-02' },
        { id: 'a', at: '2026-01-01' },
      ]);
    const config = { cursorField: 'at', cursorParameter: 'since' };
    const first = await run(config);
    expect(first.state).toEqual({ items: { field: 'at', largest: '2026-01-02' } });
    const second = await run(config, first);
    expect(requests.map((request) => request.path)).toEqual(['/items', '/items?since=2026-01-02']);
    expect([...recordsOf(second, 'items').keys()]).toEqual(['b']);
    expect(second.messages.some((message) => message.type === 'STATE')).toBe(false);
    // A cursor of another field is none.
    expect(recordsOf(await run({ cursorField: 'id' }, first), 'items').size).toBe(2);
  });

  test('a busy server is asked again as it says; a broken connection too', async () => {
    answer = (request, response) => {
      if (requests.length === 1) response.writeHead(429, { 'retry-after': '0' }).end();
      else if (requests.length === 2) request.socket.destroy();
      else json(response, [{ id: 1 }]);
    };
    expect((await run()).done).toMatchObject({ status: 'succeeded', records_emitted: 1 });
    expect(requests).toHaveLength(3);
  });

  test('one that stays busy fails the run as retryable', async () => {
    answer = (_request, response) => void response.writeHead(503, { 'retry-after': '0' }).end();
    expect(failureOf(await run(), 'http_503')).toMatchObject({ retryable: true });
    expect(requests).toHaveLength(5);
  });

  test('a server that never answers is given up after the timeout, and a long Retry-After is left to the runtime', async () => {
    answer = (_request, response) => void response.writeHead(429, { 'retry-after': '3600' }).end();
    expect(failureOf(await run(), 'rate_limited')).toMatchObject({ retryable: true });
    expect(requests).toHaveLength(1);
    answer = () => undefined;
    requests = [];
    expect(failureOf(await run({ timeoutSeconds: 1 }), 'server_unreachable')).toMatchObject({ retryable: true });
    expect(requests).toHaveLength(3);
  });

  test.each([401, 403])('%d asks for new credentials and is not tried again', async (status) => {
    answer = (_request, response) => void response.writeHead(status).end();
    expect(failureOf(await run(), 'access_refused')).toMatchObject({ retryable: false, recovery_hint: 'refresh_credentials' });
    expect(requests).toHaveLength(1);
  });

  test('redirects are followed on the same host, and the token goes to no other', async () => {
    answer = (_request, response, url) => {
      if (url.pathname === '/items') response.writeHead(302, { location: '/moved' }).end();
      else json(response, [{ id: 1 }]);
    };
    expect((await run()).done).toMatchObject({ records_emitted: 1 });
    const { port } = new URL(origin);
    requests = [];
    answer = (_request, response) => void response.writeHead(302, { location: `http://localhost:${port}/elsewhere` }).end();
    expect(failureOf(await run({}, undefined, { HTTP_JSON_TOKEN: token }), 'redirected')).toMatchObject({ retryable: false });
    expect(requests).toHaveLength(1);
    answer = (_request, response) => void response.writeHead(302, { location: '/items' }).end();
    failureOf(await run(), 'redirected');
  });

  test('a token is not sent in the clear', async () => {
    const refused = await run({ url: 'http://api.example.com/items' }, undefined, { HTTP_JSON_TOKEN: token });
    failureOf(refused, 'token_over_http');
    expect(refused.lines.join('') + refused.stderr).not.toContain(token);
  });

  test.each([
    { reason: 'no JSON', body: '<html>', code: 'page_not_json' },
    { reason: 'no list', body: '{"a":1}', code: 'records_not_found' },
    { reason: 'an item without a key', body: '[{"id":null}]', code: 'key_field_invalid' },
    { reason: 'an item without a cursor', body: '[{"id":1}]', code: 'cursor_field_invalid', config: { cursorField: 'at' } },
    {
      reason: 'cursors that cannot be compared',
      body: '[{"id":1,"at":1},{"id":2,"at":"x"}]',
      code: 'cursor_field_invalid',
      config: { cursorField: 'at' },
    },
    {
      reason: 'a next page that is this one',
      body: '{"items":[],"next":"x"}',
      code: 'paging_invalid',
      config: { recordsPath: 'items', paging: { type: 'cursor', parameter: 'c', path: 'next' } },
    },
    {
      reason: 'more pages than allowed',
      body: '[{"id":1}]',
      code: 'too_many_pages',
      config: { maxPages: 2, paging: { type: 'page', parameter: 'p' } },
    },
    { reason: 'a page too large', body: `["${'x'.repeat(33 * 1024 * 1024)}"]`, code: 'page_too_large' },
  ])('$reason fails the run and says so', async ({ body, code, config }) => {
    answer = (_request, response) => json(response, body);
    expect(failureOf(await run(config), code)).toMatchObject({ retryable: false, recovery_hint: 'manual_action_required' });
  });
});
