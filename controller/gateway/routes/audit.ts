import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { AnyItems, answers, connectorParams, connectorUrl, pageLimit } from '../api-schemas.ts';
import type { AuditRow, GatewayParts } from '../gateway-parts.ts';
import { targetOf } from '../request-subject.ts';

const query = Type.Object(
  {
    namespace: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'seq of the last event that was seen.' })),
    limit: pageLimit(1_000),
  },
  { additionalProperties: false },
);

interface AuditQuery {
  namespace?: string;
  name?: string;
  before?: number;
  limit?: number;
}

/** The audit log: of the installation for operators, of one connector for those who may see it. */
export async function auditRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const tags = ['audit'];
  server.get(
    '/v1/audit',
    {
      config: { permission: 'operate' },
      schema: { querystring: query, summary: 'Audit log, newest first', tags, response: answers(AnyItems) },
    },
    async (request) => {
      const { limit = 100, ...filter } = request.query as AuditQuery;
      return list(await parts.audit.list({ ...filter, limit }));
    },
  );
  server.get(
    connectorUrl('/audit'),
    {
      config: { permission: 'read' },
      schema: {
        params: connectorParams,
        querystring: query,
        summary: 'Audit log of a connector, newest first',
        tags,
        response: answers(AnyItems),
      },
    },
    async (request) => {
      const { metadata } = (await targetOf(request, parts)).view;
      const { limit = 100, before } = request.query as AuditQuery;
      return list(
        await parts.audit.list({
          namespace: metadata.namespace ?? 'default',
          name: metadata.name,
          ...(before === undefined ? {} : { before }),
          limit,
        }),
      );
    },
  );
}

function list(events: readonly AuditRow[]): object {
  const items = events.map((event) => ({
    ...event,
    namespace: event.namespace ?? null,
    name: event.name ?? null,
    reason: event.reason ?? null,
  }));
  return { apiVersion: 'v1', kind: 'List', items };
}
