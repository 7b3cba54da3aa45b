import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { describeRoute } from '../description/api-schemas.ts';
import type { Gateway } from '../gateway-parts.ts';

/** Probes and metrics; they need no token and tell nothing about connectors. */
export async function healthRoutes(server: FastifyInstance, gateway: Gateway): Promise<void> {
  const config = { open: true };
  const describe = (summary: string, more: object = {}) => describeRoute({ summary, tag: 'health', ok: 'Health', more });
  server.get('/healthz', { config, schema: describe('Whether the process answers') }, async () => ({ status: 'ok' }));
  const unready = { response: { 200: { $ref: 'Health#' }, 503: { $ref: 'Health#' } } };
  server.get('/readyz', { config, schema: describe('Whether the process can do its work', unready) }, async (_request, reply) => {
    const { ready, checks } = await gateway.readiness();
    return reply.status(ready ? 200 : 503).send({ status: ready ? 'ok' : 'not ready', checks });
  });
  const metrics = { produces: ['text/plain'], response: { 200: Type.String({ description: 'Metrics as Prometheus reads them.' }) } };
  server.get('/metrics', { config, schema: describe('Metrics for Prometheus', metrics) }, async (_request, reply) =>
    reply.type(gateway.metrics.contentType).send(await gateway.metrics.text()),
  );
}
