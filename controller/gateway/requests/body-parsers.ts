import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiError } from '../../apis/errors.ts';

const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'];

/**
 * Documents go on as the bytes that came: the admission pipeline reads them, with positions, and judges their encoding as it does for
 * every door. JSON bodies of other routes are parsed here. Anything else is refused (415).
 */
export function takeBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(yamlTypes, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, takesDocuments(request) ? body : parseJson(body.toString()));
    } catch (error) {
      done(error as Error);
    }
  });
}

function takesDocuments(request: FastifyRequest): boolean {
  return request.routeOptions.url?.startsWith('/v1/specs') === true;
}

function parseJson(body: string): unknown {
  if (body === '') return {};
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw apiError('RequestInvalid', { problem: 'the body is no JSON' });
  }
}
