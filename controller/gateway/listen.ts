import type { FastifyInstance } from 'fastify';
import { Fault } from '../../platform/errors.ts';

const hints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there, perhaps another start of this one: stop it, or name another address with --listen',
  EADDRNOTAVAIL: 'name an address of this machine with --listen, such as 127.0.0.1:8080',
  EACCES: 'name a port from 1024 on with --listen',
};

/** Opens the API to its callers and gives its base URL. Throws `AddressUnusable`. */
export async function listen(server: Pick<FastifyInstance, 'listen'>, address: { host: string; port: number }): Promise<string> {
  try {
    return await server.listen(address);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Fault({
      reason: 'AddressUnusable',
      message: `the API cannot listen on ${address.host}:${address.port}: ${code}`,
      hint: hints[code] ?? 'name another address with --listen or CONNECTOR_LISTEN',
      disposition: { kind: 'stall' },
      cause: error,
    });
  }
}
