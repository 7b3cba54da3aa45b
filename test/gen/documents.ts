import type { ConnectorType, ConnectorTypeSpec } from '../../schemas/connector-type.ts';
import type { Connector, ConnectorSpec } from '../../schemas/connector.ts';

/** A change of a document under construction. */
export type Mod<Document> = (document: Document) => void;

/** A Connector document of type `counter` that is valid as it stands. */
export function connector(name: string, ...mods: Mod<Connector>[]): Connector {
  const document: Connector = {
    apiVersion: 'cynodeai.io/v1alpha1',
    kind: 'Connector',
    metadata: { name },
    spec: {
      owner: { type: 'user', id: '6f1c2a52-6a0e-4c7e-9a54-0d8c1f2b3a10' },
      type: 'counter',
      typeVersion: 1,
      config: { count: 3 },
      credentials: { mode: 'secretRef', secretRef: { provider: 'env', name: 'counter', keys: { token: 'CONNECTOR_SECRET_COUNTER' } } },
    },
  };
  for (const mod of mods) mod(document);
  return document;
}

/** Replaces parts of spec; undefined removes one. */
export function withSpec(parts: { [Part in keyof ConnectorSpec]?: ConnectorSpec[Part] | undefined }): Mod<Connector> {
  return ({ spec }) => replace(spec, parts);
}

/** Replaces parts of metadata; undefined removes one. */
export function withMetadata(parts: Record<string, unknown>): Mod<Connector | ConnectorType> {
  return ({ metadata }) => replace(metadata, parts);
}

/** A ConnectorType document that is valid as it stands. */
export function connectorType(key: string, ...mods: Mod<ConnectorType>[]): ConnectorType {
  const document: ConnectorType = {
    apiVersion: 'cynodeai.io/v1alpha1',
    kind: 'ConnectorType',
    metadata: { name: key },
    spec: {
      version: '1.0.0',
      operationSchemaVersion: 1,
      displayName: key,
      configSchema: {
        version: 1,
        schema: {
          type: 'object',
          properties: { count: { type: 'integer', minimum: 0 }, mode: { type: 'string' }, host: { type: 'string' } },
          required: ['count'],
          additionalProperties: false,
        },
      },
      auth: { kind: 'static_secret', fields: [{ name: 'token', env: 'COUNTER_TOKEN' }] },
      runtime: { protocol: 'pdpp', command: ['python3', 'counter.py'] },
      streams: [
        {
          name: 'items',
          semantics: 'append_only',
          incremental: true,
          primaryKey: ['id'],
          cursorField: 'id',
          schema: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, n: { type: 'integer' } } },
        },
      ],
      operations: [],
    },
  };
  for (const mod of mods) mod(document);
  return document;
}

/** Replaces parts of a type's spec; undefined removes one. */
export function withTypeSpec(parts: { [Part in keyof ConnectorTypeSpec]?: ConnectorTypeSpec[Part] | undefined }): Mod<ConnectorType> {
  return ({ spec }) => replace(spec, parts);
}

function replace(target: object, parts: object): void {
  for (const [part, value] of Object.entries(parts)) {
    if (value === undefined) delete (target as Record<string, unknown>)[part];
    else (target as Record<string, unknown>)[part] = value;
  }
}
