import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { targetOf } from '../access/request-subject.ts';
import { connectorParams, connectorUrl, describeRoute, pageLimit, query, sequenceNumber } from '../description/api-schemas.ts';
import type { AuditRow, Gateway } from '../gateway-parts.ts';

const page = { before: sequenceNumber('seq of the last event that was seen.'), limit: pageLimit(1_000) };
const installationQuery = query({
  namespace: Type.Optional(Type.String({ maxLength: 63 })),
  name: Type.Optional(Type.String({ maxLength: 63 })),
  ...page,
});

interface AuditQuery {
  readonly namespace?: string;
  readonly name?: string;
  readonly before?: number;
  readonly limit?: number;
}

/** The audit log: of the installation for operators, of one connector for those who may see it. */
export async function auditRoutes(server: FastifyInstance, gateway: Gateway): Promise<void> {
  const describe = (summary: string, more: object) => describeRoute({ summary, tag: 'audit', ok: 'AuditList', more });
  server.get(
    '/v1/audit',
    { config: { permission: 'operate' }, schema: describe('Audit log, newest first', { querystring: installationQuery }) },
    async (request) => {
      const { limit = 100, ...filter } = request.query as AuditQuery;
      return list(await gateway.audit.list({ ...filter, limit }));
    },
  );
  server.get(
    connectorUrl('/audit'),
    {
      config: { permission: 'read' },
      schema: describe('Audit log of a connector, newest first', { params: connectorParams, querystring: query(page) }),
    },
    async (request) => {
      // By instance: the name may have been somebody else's before.
      const { instanceId } = await targetOf(request, gateway);
      const { limit = 100, ...rest } = request.query as AuditQuery;
      return list(await gateway.audit.list({ instanceId, limit, ...rest }));
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
