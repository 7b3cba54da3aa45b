import type { FastifyInstance } from 'fastify';
import type { GatewayParts } from '../gateway-parts.ts';

/** Probes and metrics; they need no token and tell nothing about connectors. */
export async function healthRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const open = { config: { open: true }, schema: { hide: true } } as const;
  server.get('/healthz', open, async () => ({ status: 'ok' }));
  server.get('/readyz', open, async (_request, reply) => {
    const { ready, checks } = await parts.readiness();
    return reply.status(ready ? 200 : 503).send({ status: ready ? 'ok' : 'not ready', checks });
  });
  server.get('/metrics', open, async (_request, reply) => reply.type(parts.metrics.contentType).send(await parts.metrics.text()));
}
