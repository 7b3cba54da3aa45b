import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { schemaCompiler } from '../../controller/admission/schema/compile-schema.ts';
import { typeDocumentTools } from '../../controller/admission/type-document-tools.ts';
import { validatePaths } from '../../controller/admission/validate.ts';
import { judgeTypeDocument } from '../../controller/catalog/judge-type-document.ts';
import { loadCatalog } from '../../controller/catalog/load-types.ts';
import { checkManifest } from '../../runtime/protocol/manifest/check-manifest.ts';
import { admissionContext } from '../gen/admission-context.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const tools = typeDocumentTools(schemaCompiler());

async function validate(documents: string, types: string) {
  const { catalog, findings } = await loadCatalog({ folders: [{ path: types, bundled: true }], tools });
  const context = admissionContext({ catalog });
  const report = await validatePaths([documents], { context, judgeTypeDocument: (value) => judgeTypeDocument(value, tools) });
  return { types: findings, documents: report.documents, findings: report.findings };
}

test('every example is accepted with the types that come along', async () => {
  const report = await validate(path.join(project, 'examples'), path.join(project, 'runtime/connectors'));
  expect(report).toEqual({ types: [], documents: 5, findings: [] });
});

test('the types that come along are manifests of the protocol', async () => {
  const { catalog } = await loadCatalog({ folders: [{ path: path.join(project, 'runtime/connectors'), bundled: true }], tools });
  for (const key of ['csv-folder', 'git-history', 'http-json']) {
    const resolution = catalog.resolve(key, 1);
    if (!('type' in resolution)) throw new Error(`${key}: ${JSON.stringify(resolution)}`);
    const { version, spec } = resolution.type;
    expect({ version, command: spec.runtime.command }).toEqual({ version: '1.0.0', command: ['node', 'start.js'] });
    checkManifest(spec.streams as Parameters<typeof checkManifest>[0]);
  }
});

describe('the page for authors of connectors', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'authoring-'));
    const page = readFileSync(path.join(project, 'docs/authoring-a-connector.md'), 'utf8');
    const block = (language: string, index = 0) =>
      [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))][index]?.[1] ?? '';
    for (const name of ['types', 'watch']) mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, 'types/type.yaml'), block('yaml'));
    writeFileSync(path.join(folder, 'watch/my-feed.yaml'), block('yaml', 1));
    writeFileSync(path.join(folder, 'feed.py'), block('python'));
    writeFileSync(path.join(folder, 'feed.sh'), block('sh'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('its documents are accepted', async () => {
    const report = await validate(path.join(folder, 'watch'), path.join(folder, 'types'));
    expect(report).toEqual({ types: [], documents: 1, findings: [] });
  });

  const start = (state: object | null) =>
    `${JSON.stringify({ type: 'START', run_id: 'try', collection_mode: 'incremental', bindings: {}, state, scope: { streams: [{ name: 'items' }] } })}\n`;
  const messages = (program: string, file: string, state: object | null) =>
    execFileSync(program, [path.join(folder, file)], {
      input: start(state),
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], CONNECTOR_CONFIG: '{"count":3}' },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('its program in shell runs', () => {
    const sent = messages('sh', 'feed.sh', null);
    expect(sent.map((message) => message['type'])).toEqual(['RECORD', 'RECORD', 'RECORD', 'DONE']);
    expect(sent.at(-1)).toMatchObject({ status: 'succeeded', records_emitted: 3 });
  });

  // The product needs no Python; where there is none, the page's other program is what is checked.
  const hasPython = ((): boolean => {
    try {
      execFileSync('python3', ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();
  (hasPython ? test : test.skip)('its program in Python runs and goes on from its cursor', () => {
    const sent = messages('python3', 'feed.py', { items: { next: 4 } });
    expect(sent.filter((message) => message['type'] === 'RECORD').map((message) => message['key'])).toEqual(['4', '5', '6']);
    expect(sent.at(-2)).toEqual({ type: 'STATE', stream: 'items', cursor: { next: 7 } });
  });
});
