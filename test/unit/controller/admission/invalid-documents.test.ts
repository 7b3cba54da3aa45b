import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { AdmissionContext } from '../../../../controller/admission/context.ts';
import { schemaCompiler } from '../../../../controller/admission/schema/compile-schema.ts';
import { typeDocumentTools } from '../../../../controller/admission/type-document-tools.ts';
import { validatePaths } from '../../../../controller/admission/validate.ts';
import type { Finding } from '../../../../controller/apis/finding.ts';
import { FINDING_REASONS } from '../../../../controller/apis/finding-reasons.ts';
import { judgeTypeDocument } from '../../../../controller/catalog/judge-type-document.ts';
import { loadCatalog } from '../../../../controller/catalog/load-types.ts';
import { checkManifest } from '../../../../runtime/protocol/manifest/check-manifest.ts';
import { isFault } from '../../../../platform/errors.ts';
import type { ConnectorTypeSpec } from '../../../../schemas/connector-type.ts';
import { admissionContext } from '../../../gen/admission-context.ts';

const folder = fileURLToPath(new URL('../../../documents/invalid/', import.meta.url));
const reasons = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ''));
const owner = { type: 'user', id: '6f1c2a52-6a0e-4c7e-9a54-0d8c1f2b3a10' } as const;

/** What a document is refused for lies outside of it: the door, the ceiling, the revision before. */
const contexts: Record<string, Partial<AdmissionContext>> = {
  TypeNotAllowed: { allowsType: () => false },
  NamespaceNotAllowed: { door: { defaultNamespace: 'default', namespaces: new Set(['default']) } },
  OwnerNotAllowed: { door: { defaultNamespace: 'default', mayActFor: () => false } },
  FieldImmutable: { previous: () => ({ owner: { ...owner, type: 'group' }, projectId: undefined, connectorKey: 'counter' }) },
  PolicyCeilingExceeded: { ceiling: () => ({ operations: new Set(['readInbox']) }) },
};

const tools = typeDocumentTools(schemaCompiler());

function manifest(spec: ConnectorTypeSpec): { at: string[]; message: string }[] {
  try {
    checkManifest(spec.streams ?? []);
    return [];
  } catch (error) {
    if (!isFault(error)) throw error;
    return [{ at: ['streams'], message: error.message }];
  }
}

async function findingsOf(reason: string): Promise<Finding[]> {
  const path = `${folder}${reason}.yaml`;
  const context = admissionContext(contexts[reason]);
  const report = await validatePaths([path], { context, judgeTypeDocument: (value) => judgeTypeDocument(value, tools, manifest) });
  const loaded = await loadCatalog({ folders: [{ path, bundled: false }], tools, checkManifest: manifest });
  return [...report.findings, ...loaded.findings];
}

describe('documents that are refused', () => {
  test.each(reasons)('[HARD-19.10-5, HARD-19.1-1] %s.yaml is told with its reason and a place', async (reason) => {
    const found = (await findingsOf(reason)).filter((one) => one.reason === reason);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatchObject({ file: `${folder}${reason}.yaml`, hint: expect.any(String), message: expect.any(String) });
    if (reason !== 'EncodingInvalid') expect(found[0]?.line).toBeGreaterThan(0);
  });

  test.each(reasons)('%s.yaml breaks nothing else: each document shows one reason', async (reason) => {
    const others = (await findingsOf(reason)).filter((one) => one.reason !== reason).map((one) => one.reason);
    expect(others).toEqual([]);
  });

  test('every reason has a document, but for the one that needs an unreadable file', () => {
    const documented = new Set(reasons);
    expect(Object.keys(FINDING_REASONS).filter((reason) => !documented.has(reason))).toEqual(['FileUnreadable']);
  });

  test('a file that cannot be read is told', async () => {
    const report = await validatePaths([`${folder}no-such-file.yaml`], { context: admissionContext(), judgeTypeDocument: () => [] });
    expect(report).toMatchObject({ valid: false, findings: [{ reason: 'FileUnreadable' }] });
  });

  test('[HARD-19.4-1] the plain secret of PlainSecret.yaml is in no finding', async () => {
    expect(readFileSync(`${folder}PlainSecret.yaml`, 'utf8')).toContain('canary-4711-s3cret');
    expect(JSON.stringify(await findingsOf('PlainSecret'))).not.toContain('canary');
  });
});
