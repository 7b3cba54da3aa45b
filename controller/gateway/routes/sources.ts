import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { apiError } from '../../apis/errors.ts';
import { actorOf } from '../access.ts';
import { AnyItems, AnyObject, answers } from '../api-schemas.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { subjectOf } from '../request-subject.ts';

/** Sources of documents: what they last showed, release, confirmation of a mass removal. */
export async function sourceRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const config = { permission: 'operate' } as const;
  const tags = ['sources'];
  const params = Type.Object({ source: Type.String({ maxLength: 512 }) }, { additionalProperties: false });
  const nameOf = (request: FastifyRequest): string => (request.params as { source: string }).source;
  server.get(
    '/v1/sources',
    { config, schema: { summary: 'List the sources of documents', tags, response: answers(AnyItems) } },
    async () => {
      const sources = await parts.sources.list();
      return {
        apiVersion: 'v1',
        kind: 'List',
        items: sources.map(({ name, kind, documents, listedAt, listingError, pendingRemoval }) => ({
          name,
          kind,
          documents,
          listedAt,
          error: listingError?.message ?? null,
          pendingRemoval,
        })),
      };
    },
  );
  server.post(
    '/v1/sources/:source/release',
    { config, schema: { params, summary: 'Let the documents of a source go', tags, response: answers(AnyObject) } },
    async (request) => ({
      released: await parts.sources.release(nameOf(request), actorOf(subjectOf(request)), request.id),
    }),
  );
  server.post(
    '/v1/sources/:source/confirm',
    { config, schema: { params, summary: 'Carry out a mass removal that waits', tags, response: answers(AnyObject) } },
    async (request) => {
      const confirmed = await parts.sources.confirm(nameOf(request), actorOf(subjectOf(request)), request.id);
      if (confirmed === null) throw apiError('NotFound', { kind: 'pending removal of source', name: nameOf(request) });
      return { confirmed };
    },
  );
}
