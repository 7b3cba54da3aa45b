import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import fastify from 'fastify';
import { listen } from '../../../../controller/gateway/listen.ts';

const host = '127.0.0.1';

test('an address that is taken, or of another machine, is told with what to do', async () => {
  const holder = createServer().listen(0, host);
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  await expect(listen(fastify(), { host, port })).rejects.toMatchObject({
    reason: 'AddressUnusable',
    message: `the API cannot listen on ${host}:${port}: EADDRINUSE`,
    hint: expect.stringContaining('--listen'),
  });
  holder.close();
  await expect(listen(fastify(), { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
    message: 'the API cannot listen on 192.0.2.1:0: EADDRNOTAVAIL',
  });
});

test('a free address is opened and its base URL given', async () => {
  const server = fastify();
  expect(await listen(server, { host, port: 0 })).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  await server.close();
});
