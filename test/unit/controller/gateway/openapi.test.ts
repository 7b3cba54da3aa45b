import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { operationId } from '../../../../controller/gateway/description/openapi.ts';
import { type ApiDescription, type Operation, pointer, schemasOf } from '../../../gen/api-description.ts';

const text = await readFile(new URL('../../../../schemas/generated/openapi.json', import.meta.url), 'utf8');
const document = JSON.parse(text) as ApiDescription;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]): [string, string, string, Operation] => [`${method} ${path}`, method, path, operation]),
);
/** Everything of a document that lies below a key named so. */
function collect(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [...(name === key ? [member] : []), ...collect(member, key)]);
}

describe('the OpenAPI document', () => {
  it('is 3.1 and has every part that it refers to', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    const references = new Set(collect(document, '$ref') as string[]);
    expect(references.size).toBeGreaterThan(20);
    for (const reference of references) {
      const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(reference) ?? [];
      expect([reference, name !== undefined && Object.hasOwn(document.components.schemas, name)]).toEqual([reference, true]);
    }
  });

  it.each(operations)('describes %s whole', (_, method, path, operation) => {
    expect(operation.summary).toMatch(/^[A-Z]/);
    expect(operation.tags).toHaveLength(1);
    expect(operation.operationId).toMatch(new RegExp(`^${method}[A-Z]\\w+$`));
    expect(Object.keys(operation.responses)).toContain('200');
    if (operation.security === undefined) expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['4XX', '5XX']));
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    expect(new Set(parameters)).toEqual(new Set(named));
    if (method === 'get') expect(operation.requestBody).toBeUndefined();
  });

  it('names operations once, and paths with a colon as they are asked for', () => {
    expect(new Set(operations.map(([, , , { operationId: id }]) => id)).size).toBe(operations.length);
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/v1/specs:apply', '/v1/specs:validate', '/v1/specs:diff']));
    expect(text).not.toContain('::');
    expect(operationId('POST', '/v1/namespaces/:namespace/connectors/:name/runs/:run_id/cancel')).toBe('postConnectorsNameRunsRunIdCancel');
  });

  it('has schemas that compile as JSON Schema 2020-12', () => {
    const ajv = schemasOf(document);
    for (const name of Object.keys(document.components.schemas)) {
      expect(typeof ajv.getSchema(pointer('components', 'schemas', name))).toBe('function');
      expect([
        name,
        ajv.validateSchema({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...document.components.schemas[name] }),
      ]).toEqual([name, true]);
    }
    for (const schema of collect(document.paths, 'schema')) expect(ajv.validateSchema(schema as object)).toBe(true);
  });
});
