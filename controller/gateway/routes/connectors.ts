import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ConnectorView } from '../../../schemas/connector.ts';
import type { List } from '../../../schemas/list.ts';
import type { ConnectorQuery } from '../../apis/gateway-ports.ts';
import { visibilityOf } from '../access/access.ts';
import { subjectOf, targetOf } from '../access/request-subject.ts';
import { streamChanges } from '../answers/stream-changes.ts';
import { connectorParams, connectorUrl, describeRoute, pageLimit, query } from '../description/api-schemas.ts';
import type { Gateway } from '../gateway-parts.ts';
import { connectorKeyOf } from '../requests/connector-key.ts';
import { parseLabelSelector } from '../requests/label-selector.ts';
import { pageToken, readPageToken } from '../requests/page-token.ts';

const DEFAULT_LIMIT = 100;
const REVISIONS_SHOWN = 10;
const AUDIT_SHOWN = 10;

const listQuery = query({
  namespace: Type.Optional(Type.String({ maxLength: 63 })),
  type: Type.Optional(Type.String({ maxLength: 1024, description: 'Only connectors of this connector_key.' })),
  label_selector: Type.Optional(Type.String({ maxLength: 4096, description: 'key=value, key!=value, key, !key, joined by commas.' })),
  limit: pageLimit(500),
  continue: Type.Optional(Type.String({ maxLength: 1024, description: 'metadata.continue of the page before.' })),
  watch: Type.Optional(Type.Boolean({ description: 'Server-sent events: what there is as ADDED, then changes as they come.' })),
});

interface ListQuery {
  readonly namespace?: string;
  readonly type?: string;
  readonly label_selector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly watch?: boolean;
}

/** list, watch, get, describe. */
export async function connectorRoutes(server: FastifyInstance, gateway: Gateway): Promise<void> {
  const config = { permission: 'read' } as const;
  const describe = (summary: string, ok: string, more: object) => describeRoute({ summary, tag: 'connectors', ok, more });
  server.get(
    '/v1/connectors',
    { config, schema: describe('List or watch connectors', 'ConnectorList', { querystring: listQuery }) },
    async (request, reply) => {
      const wanted = queryOf(request);
      if ((request.query as ListQuery).watch === true) return streamChanges({ request, reply, gateway, query: wanted });
      return listPage(await gateway.connectors.list(wanted));
    },
  );
  server.get(
    connectorUrl(),
    { config, schema: describe('Read a connector', 'Connector', { params: connectorParams }) },
    async (request) => (await targetOf(request, gateway)).view,
  );
  server.get(
    connectorUrl('/description'),
    { config, schema: describe('A connector with hints, revisions and audit', 'ConnectorDescription', { params: connectorParams }) },
    async (request) => describeConnector(request, gateway),
  );
}

function queryOf(request: FastifyRequest): ConnectorQuery {
  const { namespace, type, label_selector = '', limit = DEFAULT_LIMIT, continue: token } = request.query as ListQuery;
  return {
    visibility: visibilityOf(subjectOf(request)),
    ...(namespace === undefined ? {} : { namespace }),
    ...(type === undefined ? {} : { type: connectorKeyOf(type) }),
    labels: parseLabelSelector(label_selector),
    after: token === undefined ? null : readPageToken(token),
    limit,
  };
}

function listPage(page: Awaited<ReturnType<Gateway['connectors']['list']>>): List<ConnectorView> {
  return {
    apiVersion: 'v1',
    kind: 'List',
    metadata: page.next === null ? {} : { continue: pageToken(page.next), remainingItemCount: page.remaining },
    items: page.items.map((item) => item.view),
  };
}

async function describeConnector(request: FastifyRequest, gateway: Gateway): Promise<object> {
  const { view, source, instanceId } = await targetOf(request, gateway);
  const { name, namespace = 'default' } = view.metadata;
  const [revisions, audit] = await Promise.all([
    gateway.connectors.revisions({ namespace, name }),
    gateway.audit.list({ instanceId, limit: AUDIT_SHOWN }),
  ]);
  return {
    connector: view,
    source,
    hints: hintsOf(view, gateway),
    revisions: revisions.slice(0, REVISIONS_SHOWN).map(({ revision, generation, acceptedAt }) => ({ revision, generation, acceptedAt })),
    audit: audit.map(({ at, actor, action, outcome, reason }) => ({ at, actor, action, outcome, reason: reason ?? null })),
  };
}

/** What the reasons that the status names ask of the reader. */
function hintsOf({ status }: ConnectorView, { hintOf }: Gateway): Record<string, string> {
  const reasons = new Set((status.conditions ?? []).map(({ reason }) => reason));
  if (status.lastRun?.reason !== undefined) reasons.add(status.lastRun.reason);
  const hints = [...reasons].map((reason) => [reason, hintOf(reason)] as const);
  return Object.fromEntries(hints.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
