import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { apiError } from '../../apis/errors.ts';
import { requestActor } from '../access/request-subject.ts';
import { describeRoute } from '../description/api-schemas.ts';
import type { Gateway } from '../gateway-parts.ts';

/** Sources of documents: what they last showed, release, confirmation of a mass removal. */
export async function sourceRoutes(server: FastifyInstance, { sources }: Gateway): Promise<void> {
  const config = { permission: 'operate' } as const;
  const params = Type.Object({ source: Type.String({ maxLength: 4096 }) }, { additionalProperties: false });
  const describe = (summary: string, ok: string, more: object = {}) => describeRoute({ summary, tag: 'sources', ok, more });
  const nameOf = (request: FastifyRequest): string => (request.params as { source: string }).source;
  server.get('/v1/sources', { config, schema: describe('List the sources of documents', 'SourceList') }, async () => ({
    apiVersion: 'v1',
    kind: 'List',
    items: (await sources.list()).map(({ name, kind, documents, listedAt, listingError, pendingRemoval }) => ({
      name,
      kind,
      documents,
      listedAt,
      error: listingError?.message ?? null,
      pendingRemoval,
    })),
  }));
  server.post(
    '/v1/sources/:source/release',
    { config, schema: describe('Let the documents of a source go', 'SourceAction', { params }) },
    async (request) => ({ released: await sources.release(nameOf(request), requestActor(request)) }),
  );
  server.post(
    '/v1/sources/:source/confirm',
    { config, schema: describe('Carry out a mass removal that waits', 'SourceAction', { params }) },
    async (request) => {
      const confirmed = await sources.confirm(nameOf(request), requestActor(request));
      if (confirmed === null) throw apiError('NotFound', { kind: 'pending removal of source', name: nameOf(request) });
      return { confirmed };
    },
  );
}
