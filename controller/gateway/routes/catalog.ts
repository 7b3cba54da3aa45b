import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { RegisteredType } from '../../apis/catalog.ts';
import { apiError } from '../../apis/errors.ts';
import { AnyItems, answers } from '../api-schemas.ts';
import type { GatewayParts } from '../gateway-parts.ts';

/** The catalog: every type with its versions, streams and operations. */
export async function catalogRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const config = { permission: 'read' } as const;
  const tags = ['catalog'];
  server.get('/v1/types', { config, schema: { summary: 'List the catalog', tags, response: answers(AnyItems) } }, async () =>
    list(await parts.catalog.list()),
  );
  const params = Type.Object({ key: Type.String() }, { additionalProperties: false });
  server.get(
    '/v1/types/:key',
    { config, schema: { params, summary: 'Versions of one type', tags, response: answers(AnyItems) } },
    async (request) => {
      const { key } = request.params as { key: string };
      if (/[:/]/.test(key)) throw apiError('RequestInvalid', { problem: `a type is named by its connector_key, not by «${key}»` });
      const found = (await parts.catalog.list()).filter((type) => type.key === key);
      if (found.length === 0) throw apiError('NotFound', { kind: 'type', name: key });
      return list(found);
    },
  );
}

function list(types: readonly RegisteredType[]): object {
  return { apiVersion: 'v1', kind: 'List', items: types.map(showType) };
}

function showType({ key, version, digest, spec, origin }: RegisteredType): object {
  return {
    key,
    version,
    digest,
    displayName: spec.displayName,
    description: spec.description ?? null,
    manifestUri: spec.manifestUri ?? null,
    protocol: spec.runtime.protocol,
    auth: {
      kind: spec.auth.kind,
      fields: (spec.auth.fields ?? []).map(({ name, required, sensitive }) => ({
        name,
        required: required ?? true,
        sensitive: sensitive ?? true,
      })),
    },
    configSchema: spec.configSchema,
    streams: (spec.streams ?? []).map(({ name, semantics, primaryKey, incremental }) => ({
      name,
      semantics,
      primaryKey,
      incremental: incremental ?? false,
    })),
    operations: (spec.operations ?? []).map(({ name, class: kind, modes, mutating }) => ({ name, class: kind, modes, mutating })),
    origin: origin.bundled ? 'bundled' : 'folder',
  };
}
