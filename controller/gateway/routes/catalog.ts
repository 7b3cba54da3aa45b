import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { RegisteredType } from '../../apis/catalog.ts';
import { apiError } from '../../apis/errors.ts';
import { describeRoute } from '../description/api-schemas.ts';
import type { Gateway } from '../gateway-parts.ts';
import { connectorKeyOf } from '../requests/connector-key.ts';

/** The catalog: every type with its versions, streams and operations. */
export async function catalogRoutes(server: FastifyInstance, { catalog }: Gateway): Promise<void> {
  const config = { permission: 'read' } as const;
  const describe = (summary: string, more: object = {}) => describeRoute({ summary, tag: 'catalog', ok: 'TypeList', more });
  server.get('/v1/types', { config, schema: describe('List the catalog') }, async () => list(await catalog.list()));
  const params = Type.Object({ key: Type.String({ maxLength: 1024, description: 'connector_key' }) }, { additionalProperties: false });
  server.get('/v1/types/:key', { config, schema: describe('Versions of one type', { params }) }, async (request) => {
    const key = connectorKeyOf((request.params as { key: string }).key);
    const found = (await catalog.list()).filter((type) => type.key === key);
    if (found.length === 0) throw apiError('NotFound', { kind: 'type', name: key });
    return list(found);
  });
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
