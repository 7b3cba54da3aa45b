import type { CommandContext } from '../context.ts';
import { type FindingView, findingLine } from '../finding-line.ts';

/** A finding with its place, as the offline validation yields it. */
export interface OfflineFinding extends FindingView {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
}

/** What is validated offline: files, folders, and `-` for the bytes of stdin. */
export interface OfflineInput {
  readonly files: readonly string[];
  readonly typeFolders: readonly string[];
  readonly stdin: () => Promise<Uint8Array>;
}

/** Validates without a server, against the built-in types and those of the given folders. */
export type OfflineValidation = (input: OfflineInput) => Promise<readonly OfflineFinding[]>;

/** `validate -f`: one line a finding on stdout. True when nothing is refused. */
export async function validateFiles(
  files: readonly string[],
  options: { types?: readonly string[]; output?: string },
  context: CommandContext,
  validate: OfflineValidation,
): Promise<boolean> {
  const typeFolders = options.types ?? (context.env['CONNECTOR_TYPES'] ?? '').split(':').filter((folder) => folder !== '');
  const findings = await validate({ files, typeFolders, stdin: context.stdin });
  if (options.output === 'json') context.output.data(JSON.stringify(findings, null, 2));
  else for (const found of findings) context.output.data(findingLine(found, found.file));
  if (findings.length === 0 && options.output !== 'json') context.output.message(`${files.join(', ')}: valid`);
  return !findings.some((found) => found.severity === 'error');
}
