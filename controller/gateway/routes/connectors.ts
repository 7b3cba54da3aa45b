import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ConnectorView } from '../../../schemas/connector.ts';
import type { List } from '../../../schemas/list.ts';
import type { ConnectorQuery } from '../../apis/gateway-ports.ts';
import { visibilityOf } from '../access.ts';
import { AnyObject, answers, connectorParams, connectorUrl, pageLimit } from '../api-schemas.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { parseLabelSelector } from '../label-selector.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import { subjectOf, targetOf } from '../request-subject.ts';
import { streamChanges } from '../stream-changes.ts';

const DEFAULT_LIMIT = 100;

const listQuery = Type.Object(
  {
    namespace: Type.Optional(Type.String({ maxLength: 63 })),
    type: Type.Optional(Type.String({ maxLength: 63, description: 'Only connectors of this connector_key.' })),
    label_selector: Type.Optional(Type.String({ maxLength: 4096, description: 'key=value, key!=value, key, !key, joined by commas.' })),
    limit: pageLimit(500),
    continue: Type.Optional(Type.String({ maxLength: 1024, description: 'metadata.continue of the page before.' })),
    watch: Type.Optional(Type.Boolean({ description: 'Server-sent events: what there is as ADDED, then changes as they come.' })),
  },
  { additionalProperties: false },
);

interface ListQuery {
  namespace?: string;
  type?: string;
  label_selector?: string;
  limit?: number;
  continue?: string;
  watch?: boolean;
}

/** list, watch, get, describe. */
export async function connectorRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const tags = ['connectors'];
  server.get(
    '/v1/connectors',
    { config: { permission: 'read' }, schema: { querystring: listQuery, summary: 'List or watch connectors', tags } },
    async (request, reply) => {
      const query = request.query as ListQuery;
      if (query.watch)
        return streamChanges({ request, reply, parts, visibility: visibilityOf(subjectOf(request)), query: queryOf(request, query) });
      return listPage(await parts.connectors.list(queryOf(request, query)));
    },
  );
  server.get(
    connectorUrl(),
    {
      config: { permission: 'read' },
      schema: { params: connectorParams, summary: 'Read a connector', tags, response: answers(AnyObject) },
    },
    async (request) => (await targetOf(request, parts)).view,
  );
  server.get(
    connectorUrl('/description'),
    {
      config: { permission: 'read' },
      schema: { params: connectorParams, summary: 'A connector with hints, revisions and audit', tags, response: answers(AnyObject) },
    },
    async (request) => describe(request, parts),
  );
}

function queryOf(request: FastifyRequest, query: ListQuery): ConnectorQuery {
  return {
    visibility: visibilityOf(subjectOf(request)),
    ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
    ...(query.type === undefined ? {} : { type: query.type }),
    labels: parseLabelSelector(query.label_selector ?? ''),
    after: query.continue === undefined ? null : readPageToken(query.continue),
    limit: query.limit ?? DEFAULT_LIMIT,
  };
}

function listPage(page: Awaited<ReturnType<GatewayParts['connectors']['list']>>): List<ConnectorView> {
  return {
    apiVersion: 'v1',
    kind: 'List',
    metadata: { ...(page.next === null ? {} : { continue: pageToken(page.next), remainingItemCount: page.remaining }) },
    items: page.items.map((item) => item.view),
  };
}

async function describe(request: FastifyRequest, parts: GatewayParts): Promise<object> {
  const target = await targetOf(request, parts);
  const { name, namespace = 'default' } = target.view.metadata;
  const [revisions, audit] = await Promise.all([
    parts.connectors.revisions({ namespace, name }),
    parts.audit.list({ namespace, name, limit: 10 }),
  ]);
  const reasons = new Set((target.view.status.conditions ?? []).map((condition) => condition.reason));
  return {
    connector: target.view,
    source: target.source,
    hints: Object.fromEntries(
      [...reasons].flatMap((reason) => (parts.hintOf(reason) === undefined ? [] : [[reason, parts.hintOf(reason)]])),
    ),
    revisions: revisions.map(({ revision, generation, acceptedAt }) => ({ revision, generation, acceptedAt })),
    audit: audit.map(({ at, actor, action, outcome, reason }) => ({ at, actor, action, outcome, reason: reason ?? null })),
  };
}
