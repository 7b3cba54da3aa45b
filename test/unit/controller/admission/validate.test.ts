import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findingLine, validatePaths, validateText } from '../../../../controller/admission/validate.ts';
import { admissionContext } from '../../../gen/admission-context.ts';
import { connector, withSpec } from '../../../gen/documents.ts';

const options = { context: admissionContext(), judgeTypeDocument: () => [] };

test('one line a finding: file, line, column, path, reason, message and hint, in the order of the text', () => {
  const text = [
    'apiVersion: cynodeai.io/v1alpha1',
    'kind: Connector',
    'metadata: {name: a}',
    'spec:',
    '  owner: {type: user, id: 6f1c2a52-6a0e-4c7e-9a54-0d8c1f2b3a10}',
    '  type: counter',
    '  typeVersion: 1',
    '  config: {count: -7, wrong: 1}',
    '  credentials: {mode: none}',
  ].join('\n');
  expect(validateText(text, 'good.yaml', options).findings.map(findingLine)).toEqual([
    'good.yaml:8:12: spec.config.count: ConfigInvalid: must be >= 0 (See the type with `connectorctl types`.)',
    'good.yaml:8:23: spec.config.wrong: ConfigInvalid: there is no field "wrong" (See the type with `connectorctl types`.)',
    'good.yaml:9:3: spec.credentials: CredentialsMissing: the type needs the credential "token" (Add credentials with mode secretRef and map each required field.)',
  ]);
});

test('a finding stays on one line, and a path shows keys that are no plain names in quotes', () => {
  const document = connector('a', withSpec({ config: { count: 1, 'a b\nc': 1 } }));
  const [line] = validateText(JSON.stringify(document), 'x.json', options).findings.map(findingLine);
  expect(line).toMatch(/^x\.json:1:\d+: spec\.config\["a b\\nc"\]: ConfigInvalid: [^\n]*$/);
});

test('folders are read at any depth; warnings alone leave a document valid', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'validate-'));
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  writeFileSync(join(folder, 'a/b/good.yaml'), JSON.stringify(connector('a')));
  writeFileSync(join(folder, 'warned.json'), JSON.stringify({ ...connector('b'), status: {} }));
  const report = await validatePaths([folder], options);
  rmSync(folder, { recursive: true });
  expect(report).toMatchObject({ valid: true, documents: 2, findings: [{ reason: 'ServerFieldIgnored', severity: 'warning' }] });
});
