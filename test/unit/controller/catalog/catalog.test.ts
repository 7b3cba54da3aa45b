import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { schemaCompiler } from '../../../../controller/admission/schema/compile-schema.ts';
import { typeDocumentTools } from '../../../../controller/admission/type-document-tools.ts';
import { Catalog } from '../../../../controller/catalog/catalog.ts';
import { judgeTypeDocument } from '../../../../controller/catalog/judge-type-document.ts';
import { loadCatalog } from '../../../../controller/catalog/load-types.ts';
import type { ConnectorType } from '../../../../schemas/connector-type.ts';
import { operation, registeredType } from '../../../gen/admission-context.ts';
import { connectorType, withMetadata, withTypeSpec } from '../../../gen/documents.ts';

const tools = typeDocumentTools(schemaCompiler());
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'types-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, document: unknown): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), typeof document === 'string' ? document : JSON.stringify(document));
}

const load = (retained: Parameters<typeof loadCatalog>[0]['retained'] = []) =>
  loadCatalog({ folders: [{ path: folder, bundled: false }], tools, retained });
const keys = (catalog: Catalog) => catalog.list().map(({ key, version }) => `${key} ${version}`);
const told = (document: unknown) => judgeTypeDocument(document, tools).map(({ at, reason }) => `${at.join('.')} ${reason}`);
const without = (part: string) => {
  const document = connectorType('a');
  delete (document.spec as Record<string, unknown>)[part];
  return document;
};

describe('loading', () => {
  test('[REQ-CONNEC-0100] types are found at any depth and listed with their operations; other files are left alone', async () => {
    write('a/b/c/deep.yaml', connectorType('deep', withTypeSpec({ operations: [operation('readInbox'), operation('send')] })));
    write('top.json', connectorType('top'));
    write('package.json', '{"name": "x"}');
    write('broken-sample.yaml', 'a: ]');
    write('node_modules/x/type.yaml', connectorType('hidden'));
    const { catalog, findings } = await load();
    expect(findings).toEqual([]);
    expect(keys(catalog)).toEqual(['deep 1.0.0', 'top 1.0.0']);
    expect(catalog.list()[0]?.spec.operations?.map(({ name }) => name)).toEqual(['readInbox', 'send']);
    expect(catalog.list()[0]?.origin).toEqual({ file: join(folder, 'a/b/c/deep.yaml'), folder: join(folder, 'a/b/c'), bundled: false });
  });

  test('a bad file is told and costs the others nothing', async () => {
    write('bad.yaml', 'kind: ConnectorType\nspec: [');
    write('good.yaml', connectorType('good'));
    const { catalog, findings } = await load();
    expect(findings[0]).toMatchObject({ file: join(folder, 'bad.yaml'), reason: 'SyntaxInvalid' });
    expect(keys(catalog)).toEqual(['good 1.0.0']);
  });

  test('loops of links end; what cannot be read is told', async () => {
    write('a/good.yaml', connectorType('good'));
    symlinkSync(folder, join(folder, 'a/loop'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling.yaml'));
    chmodSync(folder, 0o755);
    const { catalog, findings } = await load();
    expect(keys(catalog)).toEqual(['good 1.0.0']);
    expect(findings.map(({ reason, path }) => reason + path)).toEqual(['FileUnreadable']);
  });

  test('policy templates are loaded beside the types', async () => {
    write('p.yaml', {
      apiVersion: 'cynodeai.io/v1alpha1',
      kind: 'PolicyTemplate',
      metadata: { name: 'read-only' },
      spec: { allowOperations: ['x'] },
    });
    expect([...(await load()).catalog.policyTemplates]).toEqual([['read-only', { allowOperations: ['x'] }]]);
  });
});

describe('a type by itself', () => {
  test.each([
    { why: 'no key', document: connectorType('a', withMetadata({ name: undefined })), expected: 'metadata.name NameInvalid' },
    { why: 'no version', document: without('version'), expected: 'spec.version FieldMissing' },
    {
      why: 'no operationSchemaVersion',
      document: without('operationSchemaVersion'),
      expected: 'spec.operationSchemaVersion FieldMissing',
    },
    { why: 'no configSchema', document: without('configSchema'), expected: 'spec.configSchema FieldMissing' },
    {
      why: 'a configSchema without version',
      document: connectorType('a', withTypeSpec({ configSchema: { schema: { type: 'object' } } as never })),
      expected: 'spec.configSchema.version FieldMissing',
    },
    {
      why: 'a URL as key',
      document: connectorType('a', withTypeSpec({ key: 'https://types.example/a' })),
      expected: 'spec.key ConnectorKeyRequired',
    },
    {
      why: 'linear backoff',
      document: connectorType('a', withTypeSpec({ retryPolicy: { maxRetries: 1, backoff: { strategy: 'linear' as never } } })),
      expected: 'spec.retryPolicy.backoff.strategy SchemaInvalid',
    },
    {
      why: 'no maxRetries',
      document: connectorType('a', withTypeSpec({ retryPolicy: {} as never })),
      expected: 'spec.retryPolicy.maxRetries FieldMissing',
    },
    {
      why: 'an operation without mode',
      document: connectorType('a', withTypeSpec({ operations: [{ ...operation('x'), modes: [] }] })),
      expected: 'spec.operations.0.modes SchemaInvalid',
    },
    {
      why: 'a stream named twice',
      document: connectorType(
        'a',
        withTypeSpec({ streams: [...(connectorType('a').spec.streams ?? []), ...(connectorType('a').spec.streams ?? [])] }),
      ),
      expected: 'spec.streams.1.name StreamInvalid',
    },
    {
      why: 'egress that is not host:port',
      document: connectorType('a', withTypeSpec({ runtime: { protocol: 'pdpp', command: ['x'], egress: ['example.com'] } })),
      expected: 'spec.runtime.egress.0 EgressInvalid',
    },
    {
      why: 'a variable of the runtime',
      document: connectorType('a', withTypeSpec({ runtime: { protocol: 'pdpp', command: ['x'], env: { LD_PRELOAD: 'x' } } })),
      expected: 'spec.runtime.env.LD_PRELOAD RuntimeInvalid',
    },
    {
      why: 'a health check of no operation',
      document: connectorType('a', withTypeSpec({ healthCheck: { operation: 'ping' } })),
      expected: 'spec.healthCheck.operation OperationInvalid',
    },
    {
      why: 'a reference out of the schema',
      document: connectorType(
        'a',
        withTypeSpec({ configSchema: { version: 1, schema: { type: 'object', properties: { a: { $ref: 'https://x.y/z' } } } } }),
      ),
      expected: 'spec.configSchema.schema ConfigSchemaInvalid',
    },
  ])('[HARD-3.1-1, HARD-3.1-2, HARD-3.1-3, HARD-3.2-1, CI-2.2, CI-1.3, HARD-2.1-1] $why is refused', ({ document, expected }) => {
    expect(told(document)).toContain(expected);
  });

  test('[CI-1.3, CI-2.2, CI-1.R1] the key is what a type is found by; its URL is metadata only', async () => {
    write('gmail.yaml', connectorType('gmail-1-0', withTypeSpec({ key: 'gmail', manifestUri: 'https://types.example/gmail' })));
    const { catalog } = await load();
    expect(catalog.resolve('gmail', 1)).toMatchObject({
      outcome: 'found',
      type: { key: 'gmail', spec: { manifestUri: 'https://types.example/gmail' } },
    });
    expect(catalog.resolve('https://types.example/gmail', 1).outcome).toBe('unknown_key');
  });
});

describe('versions', () => {
  const catalog = new Catalog(
    ['1.0.0', '1.2.0', '1.2.5', '1.10.0', '2.0.0'].map((version) => registeredType(connectorType('a', withTypeSpec({ version })))),
  );

  test.each([
    { asked: 1, version: '1.10.0', why: 'a number takes the newest of the major' },
    { asked: '1', version: '1.10.0', why: 'so does text' },
    { asked: '1.2', version: '1.2.5', why: 'major.minor takes the newest patch' },
    { asked: '1.2.0', version: '1.2.0', why: 'an exact version is taken' },
    { asked: 2, version: '2.0.0', why: 'another major' },
  ])('[HARD-19.3-8] $asked is $version: $why', ({ asked, version }) => {
    expect(catalog.resolve('a', asked)).toMatchObject({ outcome: 'found', type: { version } });
  });

  test('what is not registered is told with what is', () => {
    expect(catalog.resolve('a', '1.3')).toEqual({ outcome: 'unknown_version', available: ['2.0.0', '1.10.0', '1.2.5', '1.2.0', '1.0.0'] });
    expect(catalog.resolve('b', 1)).toEqual({ outcome: 'unknown_key', known: ['a'] });
  });

  test('[CI-2.2] key and version are taken once; a retained version outlives its document and keeps its content', async () => {
    const retained = [registeredType(connectorType('a')), registeredType(connectorType('gone'))];
    write('a.yaml', connectorType('a', withTypeSpec({ displayName: 'changed' })));
    const loaded = await load(retained);
    expect(loaded.findings).toMatchObject([{ path: 'spec.version', reason: 'TypeVersionConflict' }]);
    expect(keys(loaded.catalog)).toEqual(['a 1.0.0', 'gone 1.0.0']);
    expect(loaded.catalog.list()[0]?.spec.displayName).toBe('a');
  });
});

describe('compatibility', () => {
  const property = (name: string, schema: object) => ({
    type: 'object',
    properties: { count: { type: 'integer', minimum: 0 }, [name]: schema },
    additionalProperties: false,
  });
  const successor = (version: string, change: (document: ConnectorType) => void) => connectorType('a', withTypeSpec({ version }), change);
  const configSchema = (schema: Record<string, unknown>) => (document: ConnectorType) => {
    document.spec.configSchema = { version: 2, schema: { required: ['count'], ...schema } };
  };

  async function verdict(document: ConnectorType): Promise<string[]> {
    write('1.yaml', connectorType('a'));
    write('2.yaml', document);
    return (await load()).findings.map(({ path, reason }) => `${path} ${reason}`);
  }

  test.each([
    {
      why: 'a required field is added',
      change: configSchema({ ...property('x', {}), required: ['count', 'x'] }),
      path: 'spec.configSchema.schema.properties',
    },
    {
      why: 'a property is removed',
      change: configSchema({ type: 'object', properties: { count: { type: 'integer' } } }),
      path: 'spec.configSchema.schema.properties',
    },
    {
      why: 'a bound is raised',
      change: (document: ConnectorType) => {
        document.spec.configSchema.schema = {
          ...document.spec.configSchema.schema,
          properties: { ...(document.spec.configSchema.schema['properties'] as object), count: { type: 'integer', minimum: 1 } },
        };
      },
      path: 'spec.configSchema.schema.properties.count.minimum',
    },
    { why: 'a stream is removed', change: withTypeSpec({ streams: [] }), path: 'spec.streams' },
    {
      why: 'a credential becomes required',
      change: withTypeSpec({
        auth: {
          kind: 'static_secret',
          fields: [
            { name: 'token', env: 'COUNTER_TOKEN' },
            { name: 'b', env: 'B' },
          ],
        },
      }),
      path: 'spec.auth.fields[1]',
    },
  ])('[HARD-3.1-5] a minor version is refused when $why', async ({ change, path }) => {
    expect(await verdict(successor('1.1.0', change))).toContain(`${path} TypeIncompatible`);
  });

  test('[HARD-3.1-5] a minor version that adds an optional field and a stream is taken', async () => {
    const added = successor('1.1.0', ({ spec }) => {
      spec.configSchema.schema = {
        ...spec.configSchema.schema,
        properties: { ...(spec.configSchema.schema['properties'] as object), extra: { type: 'string' } },
      };
      spec.streams?.push({ ...(spec.streams[0] as NonNullable<typeof spec.streams>[number]), name: 'more' });
    });
    expect(await verdict(added)).toEqual([]);
  });

  test('[HARD-3.1-6] a major version may remove', async () => {
    expect(await verdict(successor('2.0.0', withTypeSpec({ streams: [] })))).toEqual([]);
  });
});
