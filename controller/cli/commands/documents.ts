import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';
import { ApiFailure, CommandFailure } from '../failure.ts';

/** A document file as it is sent. */
interface DocumentFile {
  readonly name: string;
  readonly text: string;
}

/** What became of one document of an apply. */
interface ApplyResult {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly outcome: string;
  readonly warnings?: readonly string[];
}

/** One finding of a refused document. */
interface FindingView {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly path: string;
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
}

/** `apply -f`: each file is applied on its own; a refused one is told and does not keep the others back. */
export async function applyDocuments(
  files: readonly string[],
  options: { dryRun?: boolean; output?: string },
  context: CommandContext,
): Promise<void> {
  const api = await context.api();
  let refused = 0;
  for (const file of await readDocuments(files)) {
    try {
      const answer = await api.json<{ results: ApplyResult[] }>({
        method: 'POST',
        path: '/v1/specs:apply',
        query: { dry_run: options.dryRun, file: file.name, namespace: context.namespace },
        body: { text: file.text, type: contentType(file.name) },
      });
      if (options.output === 'json') context.output.data(JSON.stringify(answer, null, 2));
      else for (const result of answer.results) tellApplied(result, options, context);
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      refused += 1;
      tellRefused(error, file.name, context);
    }
  }
  if (refused > 0) throw new CommandFailure(`${refused} of ${files.length} refused`);
}

function tellApplied(result: ApplyResult, options: { dryRun?: boolean }, context: CommandContext): void {
  context.output.data(`${result.kind.toLowerCase()}/${result.name} ${result.outcome}${options.dryRun ? ' (dry run)' : ''}`);
  for (const warning of result.warnings ?? []) context.output.message(`warning: ${warning}`);
}

function tellRefused(failure: ApiFailure, file: string, context: CommandContext): void {
  const findings = failure.body.details?.['findings'] as FindingView[] | undefined;
  context.output.message(`${file}: ${failure.message}`);
  for (const found of findings ?? []) context.output.message(findingLine(found, file));
}

/** `FILE:LINE:COLUMN: path: Reason: message (hint)`. */
export function findingLine(found: FindingView, file: string): string {
  return `${found.file ?? file}:${found.line ?? 1}:${found.column ?? 1}: ${found.path}: ${found.reason}: ${found.message} (${found.hint})`;
}

/** `diff -f`: prints what an apply would change. True when there is a difference. */
export async function diffDocuments(files: readonly string[], options: { output?: string }, context: CommandContext): Promise<boolean> {
  const api = await context.api();
  let differs = false;
  for (const file of await readDocuments(files)) {
    const answer = await api.json<{ differs: boolean; text: string }>({
      method: 'POST',
      path: '/v1/specs:diff',
      query: { file: file.name, namespace: context.namespace },
      body: { text: file.text, type: contentType(file.name) },
    });
    differs ||= answer.differs;
    if (options.output === 'json') context.output.data(JSON.stringify(answer, null, 2));
    else if (answer.text !== '') context.output.data(answer.text);
  }
  return differs;
}

/** `delete connector NAME`. */
export async function deleteConnector(name: string, context: CommandContext): Promise<void> {
  const api = await context.api();
  const ref = connectorRef(name, context.namespace);
  await api.send({ method: 'DELETE', path: connectorPath(ref) });
  context.output.data(`connector/${ref.name} deleted`);
}

/** Files, folders (their YAML and JSON files) and `-` for stdin. */
async function readDocuments(paths: readonly string[]): Promise<DocumentFile[]> {
  if (paths.length === 0) throw new CommandFailure('-f FILE is needed (a file, a folder, or - for stdin)', 2);
  const found: DocumentFile[] = [];
  for (const path of paths) {
    try {
      if (path === '-') found.push({ name: 'stdin', text: await readAll(process.stdin) });
      else for (const file of await filesOf(path)) found.push({ name: file, text: await readFile(file, 'utf8') });
    } catch (error) {
      throw new CommandFailure(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, 2);
    }
  }
  return found;
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/i.test(name) && !name.startsWith('.')).sort();
  return names.map((name) => join(path, name));
}

function contentType(name: string): string {
  return name.endsWith('.json') ? 'application/json' : 'application/yaml';
}
