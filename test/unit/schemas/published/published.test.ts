import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { admit, isAccepted } from '../../../../controller/admission/admit.ts';
import { parseDocuments } from '../../../../controller/admission/parse/parse-documents.ts';
import { CRD_DEFINITIONS } from '../../../../schemas/published/crd-definitions.ts';
import { toCrd } from '../../../../schemas/published/to-crd.ts';
import { admissionContext } from '../../../gen/admission-context.ts';
import { connector, connectorType, withMetadata, withSpec } from '../../../gen/documents.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const published = (name: string) => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(`${root}schemas/generated/${name}.v1alpha1.schema.json`, 'utf8')) as object);
};

describe('published JSON Schema', () => {
  const validate = published('connector');
  test.each([
    { why: 'a plain document', document: connector('a') },
    {
      why: 'owner in metadata',
      document: connector(
        'a',
        withSpec({ owner: undefined }),
        withMetadata({ owner: { type: 'group', id: '7b2c5a3e-0000-4000-8000-000000000001' } }),
      ),
    },
    { why: 'no owner', document: connector('a', withSpec({ owner: undefined })) },
    { why: 'an unknown field', document: connector('a', withSpec({ wrong: 1 } as never)) },
    { why: 'a version as text', document: connector('a', withSpec({ typeVersion: '1.0' })) },
    { why: 'a version as fraction', document: connector('a', withSpec({ typeVersion: 1.1 })) },
    { why: 'a bad duration', document: connector('a', withSpec({ schedule: { every: 'soon' } })) },
  ])('[HARD-19.10-6] a standard validator and the server agree about $why', ({ document }) => {
    expect(validate(document)).toBe(isAccepted(admit({ value: document }, admissionContext())));
  });

  test('[HARD-19.10-6] a type document fits its schema', () => {
    expect(published('connectortype')(connectorType('a'))).toBe(true);
    expect(published('connectortype')({ ...connectorType('a'), wrong: 1 })).toBe(false);
  });

  const examples = readdirSync(`${root}examples`, { withFileTypes: true }).filter((entry) => entry.name.endsWith('.yaml'));
  test.each(examples.map(({ name }) => name))('[HARD-19.10-6] examples/%s fits', (name) => {
    const { documents, findings } = parseDocuments(readFileSync(`${root}examples/${name}`));
    expect(findings).toEqual([]);
    for (const { value } of documents) expect(published((value as { kind: string }).kind.toLowerCase())(value)).toBe(true);
  });
});

describe('CRDs', () => {
  /** Every schema of a CRD with the path to it. */
  function* schemas(schema: Record<string, unknown>, at = ''): Generator<[string, Record<string, unknown>]> {
    yield [at, schema];
    for (const [name, inside] of Object.entries((schema['properties'] ?? {}) as Record<string, Record<string, unknown>>))
      yield* schemas(inside, `${at}.${name}`);
    for (const keyword of ['items', 'additionalProperties'])
      if (schema[keyword] !== undefined) yield* schemas(schema[keyword] as Record<string, unknown>, `${at}[]`);
  }

  test.each(CRD_DEFINITIONS.map((definition) => [definition.plural, definition] as const))(
    '%s is a structural schema without defaults',
    (_name, definition) => {
      const crd = parse(toCrd(definition)) as { spec: { versions: { schema: { openAPIV3Schema: Record<string, unknown> } }[] } };
      const schema = crd.spec.versions[0]?.schema.openAPIV3Schema ?? {};
      // Illegal in a structural schema, or able to change what is stored.
      const banned = ['default', 'const', 'patternProperties', 'oneOf', '$ref', 'title', 'if', 'not'];
      const faults = [...schemas(schema)].flatMap(([at, part]) => {
        const intOrString = part['x-kubernetes-int-or-string'] === true;
        return [
          ...banned.filter((word) => word in part).map((word) => `${at}: ${word}`),
          ...(part['additionalProperties'] === false ? [`${at}: closed`] : []),
          ...(typeof part['type'] === 'string' || intOrString ? [] : [`${at}: no type`]),
          ...('anyOf' in part === intOrString ? [] : [`${at}: anyOf`]),
        ];
      });
      expect(faults).toEqual([]);
    },
  );

  test('kubectl explain has words for every field of spec and status', () => {
    for (const definition of CRD_DEFINITIONS) {
      const crd = parse(toCrd(definition)) as { spec: { versions: { schema: { openAPIV3Schema: Record<string, unknown> } }[] } };
      const silent = [...schemas(crd.spec.versions[0]?.schema.openAPIV3Schema ?? {})].filter(
        ([at, part]) => /^\.(spec|status)/.test(at) && !at.endsWith('[]') && part['description'] === undefined,
      );
      expect(silent.map(([at]) => at)).toEqual([]);
    }
  });

  test('the Connector CRD has the status subresource, short names, columns and rules for what never changes', () => {
    const text = readFileSync(`${root}crds/connectors.yaml`, 'utf8');
    expect(parse(text)).toMatchObject({
      metadata: { name: 'connectors.cynodeai.io' },
      spec: { names: { shortNames: ['conn'], categories: ['connectors'] }, versions: [{ subresources: { status: {} } }] },
    });
    for (const rule of ['self.type == oldSelf.type', 'self.owner == oldSelf.owner', 'has(self.every) != has(self.cron)'])
      expect(text).toContain(rule);
  });
});
