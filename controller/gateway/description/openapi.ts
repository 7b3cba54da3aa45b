import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { views } from './views.ts';

/** Serves the OpenAPI 3.1 document at /openapi.json; call before routes are added. */
export async function describeApi(server: FastifyInstance, version: string): Promise<void> {
  for (const view of views) server.addSchema(view);
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'connector-controller',
        version,
        description: 'Connectors: desired state, runs, records. Every error has one form and a reason that docs/reasons.md explains.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'Token of client.json, or one issued.' } } },
      security: [{ bearer: [] }],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (typeof json['$id'] === 'string' ? json['$id'] : `schema-${index}`),
    },
  });
  server.get('/openapi.json', { config: { open: true }, schema: { hide: true } }, async () => server.swagger());
}

/** Name of an operation for client generators: method and path, such as `postConnectorsRun`. */
export function operationId(method: string, url: string): string {
  const words = url
    .replace(/^\/v1\//, '/')
    .split(/[/:_.]+/)
    .filter((word) => word !== '' && word !== 'namespaces' && word !== 'namespace');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
