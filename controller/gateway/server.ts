import fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import type { Ids } from '../../platform/ids.ts';
import { apiError } from '../apis/errors.ts';
import { authorize, requireAccessRule } from './access/authorize.ts';
import { answerBadHttp, handleErrors, sendError } from './answers/handle-errors.ts';
import { describeApi, operationId } from './description/openapi.ts';
import type { Gateway, GatewayLog, GatewayParts } from './gateway-parts.ts';
import { takeBodies } from './requests/body-parsers.ts';
import { auditRoutes } from './routes/audit.ts';
import { catalogRoutes } from './routes/catalog.ts';
import { connectorActionRoutes } from './routes/connector-actions.ts';
import { connectorRoutes } from './routes/connectors.ts';
import { healthRoutes } from './routes/health.ts';
import { recordRoutes } from './routes/records.ts';
import { runRoutes } from './routes/runs.ts';
import { sourceRoutes } from './routes/sources.ts';
import { specRoutes } from './routes/specs.ts';
import { tokenRoutes } from './routes/tokens.ts';

/** Largest body: a submission of some thousand documents. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** A request must have arrived whole by then, in milliseconds. */
const ARRIVAL_MS = 60_000;
/** Answers that are under way at the stop get this long, in milliseconds; watches and long polls end at once. */
const DRAIN_MS = 5_000;
/** Names of sources are paths. */
const MAX_PARAM_LENGTH = 4_096;

const routes = [
  healthRoutes,
  specRoutes,
  connectorRoutes,
  connectorActionRoutes,
  runRoutes,
  recordRoutes,
  catalogRoutes,
  sourceRoutes,
  auditRoutes,
  tokenRoutes,
];

/** Builds the HTTP API; the caller listens and closes. Closing ends watches at once and waits a bounded time for other answers. */
export async function buildServer(parts: GatewayParts, ids: Ids, log: GatewayLog): Promise<FastifyInstance> {
  const closing = new AbortController();
  const gateway: Gateway = { ...parts, log, closing: closing.signal };
  const server = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: ARRIVAL_MS,
    genReqId: () => ids.uuid(),
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false } },
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply, log),
    clientErrorHandler: (error, socket) => answerBadHttp(error, socket, ids.uuid()),
  });
  // Answers are described by their schemas and never cut to them.
  server.setSerializerCompiler(() => JSON.stringify);
  server.decorateRequest('subject', null);
  takeBodies(server);
  handleErrors(server, log);
  server.addHook('onRoute', prepareRoute);
  server.addHook('onRequest', async (request) => {
    if (/%00/.test(request.url)) throw apiError('RequestInvalid', { problem: 'the URL holds a NUL' });
    await authorize(request, parts.tokens);
  });
  server.addHook('onSend', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });
  server.addHook('preClose', async () => {
    closing.abort();
    setTimeout(() => server.server.closeAllConnections(), DRAIN_MS).unref();
  });
  await describeApi(server, parts.version);
  for (const register of routes) await server.register(async (scope) => register(scope, gateway));
  return server;
}

function prepareRoute(route: RouteOptions): void {
  requireAccessRule(route);
  const method = String(route.method);
  const security = route.config?.open === true ? { security: [] } : {};
  route.schema = { operationId: operationId(method, route.url), ...security, ...route.schema };
}
