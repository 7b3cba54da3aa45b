import { fileURLToPath } from 'node:url';
import { typeDocumentTools } from '../admission/type-document-tools.ts';
import { type ValidateOptions, validatePaths, validateText } from '../admission/validate.ts';
import type { Finding } from '../apis/finding.ts';
import { judgeTypeDocument } from '../catalog/judge-type-document.ts';
import { loadCatalog, type TypeFolder } from '../catalog/load-types.ts';
import type { OfflineFinding, OfflineValidation } from '../cli/commands/validate.ts';
import { admissionSettings, offlineContext } from './admission.ts';

/** Folder of the types that ship with the program, beside the controller, compiled or not. */
export const bundledTypesFolder = fileURLToPath(new URL('../../runtime/connectors', import.meta.url));

/** Every folder of type documents: the built-in ones first. */
export function typeFolders(folders: readonly string[]): TypeFolder[] {
  return [{ path: bundledTypesFolder, bundled: true }, ...folders.map((path) => ({ path, bundled: false }))];
}

/** `validate` without a server: the same pipeline against the built-in types and those of the given folders. */
export const validateOffline: OfflineValidation = async ({ files, typeFolders: folders, stdin }) => {
  const settings = admissionSettings();
  const tools = typeDocumentTools(settings.compiler);
  const { catalog } = await loadCatalog({ folders: typeFolders(folders), tools });
  const options: ValidateOptions = {
    context: offlineContext(settings, catalog),
    judgeTypeDocument: (value) => judgeTypeDocument(value, tools),
  };
  const findings: Finding[] = [];
  for (const file of files) {
    const report = file === '-' ? validateText(await stdin(), 'stdin', options) : await validatePaths([file], options);
    findings.push(...report.findings);
  }
  return findings.map(({ line = 1, column = 1, file = '-', ...rest }): OfflineFinding => ({ ...rest, file, line, column }));
};
