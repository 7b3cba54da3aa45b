import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Ids } from '../../platform/ids.ts';
import { apiError } from '../apis/errors.ts';
import type { Subject } from '../apis/gateway-ports.ts';
import { may, type Permission } from './access.ts';
import { errorAnswer } from './error-answer.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { auditRoutes } from './routes/audit.ts';
import { catalogRoutes } from './routes/catalog.ts';
import { connectorActionRoutes } from './routes/connector-actions.ts';
import { connectorRoutes } from './routes/connectors.ts';
import { healthRoutes } from './routes/health.ts';
import { recordRoutes } from './routes/records.ts';
import { runRoutes } from './routes/runs.ts';
import { sourceRoutes } from './routes/sources.ts';
import { specRoutes } from './routes/specs.ts';

/** Largest body: a submission of some thousand documents. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const bearer = /^Bearer ([A-Za-z0-9._~+/=-]{16,512})$/i;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the token was found; routes below /v1 always have it. */
    subject: Subject | null;
  }
  interface FastifyContextConfig {
    /** What the subject needs; a route without it is refused to everyone. */
    permission?: Permission;
    /** Answers without a token: probes, metrics, the API's own description. */
    open?: boolean;
  }
}

/** What the server logs; never a header or a body. */
export interface GatewayLog {
  error(facts: Record<string, unknown>, message: string): void;
  debug(facts: Record<string, unknown>, message: string): void;
}

/** Builds the HTTP API; the caller listens and closes. */
export async function buildServer(parts: GatewayParts, ids: Ids, log: GatewayLog): Promise<FastifyInstance> {
  const server = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    genReqId: () => ids.uuid(),
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false } },
  });
  server.decorateRequest('subject', null);
  server.addContentTypeParser(
    ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'],
    { parseAs: 'string' },
    (_request, body, done) => done(null, body),
  );
  // Documents are read by the admission pipeline, with positions; JSON bodies of other routes are small and parsed there too.
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    parseJsonBody(request, String(body), done),
  );
  server.setErrorHandler((error, request, reply) => {
    const { status, body, unexpected } = errorAnswer(error, request.id);
    if (unexpected) log.error({ requestId: request.id, route: request.routeOptions.url, err: error }, 'request failed');
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    return reply.status(status).send(body);
  });
  server.setNotFoundHandler((request, reply) => {
    const { status, body } = errorAnswer(
      apiError('NotFound', { kind: 'route', name: `${request.method} ${request.url.split('?')[0]}` }),
      request.id,
    );
    return reply.status(status).send(body);
  });
  server.addHook('onRequest', async (request) => authorize(request, parts));
  server.addHook('onSend', async (request, reply) => void reply.header('x-request-id', request.id));
  await describeApi(server, parts.version);
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
  ];
  for (const register of routes) await server.register(async (scope) => register(scope, parts));
  return server;
}

/** Documents go on as text; everything else is parsed. */
function parseJsonBody(request: FastifyRequest, body: string, done: (error: Error | null, body?: unknown) => void): void {
  if (request.routeOptions.url?.startsWith('/v1/specs')) return done(null, body);
  try {
    done(null, body === '' ? {} : JSON.parse(body));
  } catch {
    done(apiError('RequestInvalid', { problem: 'the body is no JSON' }));
  }
}

/** Authenticate, then authorize; each fails closed. */
async function authorize(request: FastifyRequest, parts: GatewayParts): Promise<void> {
  const { open, permission } = request.routeOptions.config;
  if (open || request.is404) return;
  const token = bearer.exec(request.headers.authorization ?? '')?.[1];
  const subject = token === undefined ? null : await parts.tokens.find(token);
  if (subject === null) throw apiError('Unauthenticated');
  if (permission === undefined || !may(subject, permission)) throw apiError('Forbidden', { action: permission ?? 'do that' });
  request.subject = subject;
}

async function describeApi(server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'connector-controller', version, description: 'Connectors: desired state, runs, records.' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
  });
  server.get('/openapi.json', { config: { open: true }, schema: { hide: true } }, async () => server.swagger());
}
