import type { CommandContext } from '../context.ts';
import { findingLine } from './documents.ts';

/** A finding with its place, as the offline validation yields it. */
export interface OfflineFinding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
  readonly severity: 'error' | 'warning';
}

/** Validates files and folders without a server, against the built-in types and those of the given folders. */
export type OfflineValidation = (files: readonly string[], typeFolders: readonly string[]) => Promise<readonly OfflineFinding[]>;

/** `validate -f`: one line a finding on stdout. True when nothing is refused. */
export async function validateFiles(
  files: readonly string[],
  options: { types?: readonly string[]; output?: string },
  context: CommandContext,
  validate: OfflineValidation,
): Promise<boolean> {
  const folders = options.types ?? (context.env['CONNECTOR_TYPES'] ?? '').split(':').filter((folder) => folder !== '');
  const findings = await validate(files, folders);
  if (options.output === 'json') context.output.data(JSON.stringify(findings, null, 2));
  else for (const found of findings) context.output.data(findingLine(found, found.file));
  const refused = findings.filter((found) => found.severity === 'error').length;
  if (findings.length === 0 && options.output !== 'json') context.output.message(`${files.join(', ')}: valid`);
  return refused === 0;
}
