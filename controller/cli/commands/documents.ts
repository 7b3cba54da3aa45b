import { readFile } from 'node:fs/promises';
import { findDocuments } from '../../../platform/find-documents.ts';
import type { ApiClient } from '../api-client.ts';
import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';
import { ApiFailure, CommandFailure } from '../failure.ts';
import { type FindingView, findingLine } from '../finding-line.ts';

/** A document file as it is sent. */
interface DocumentFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What became of one document of an apply. */
interface ApplyResult {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly message?: string;
  readonly hint?: string;
  readonly findings: readonly FindingView[];
  readonly warnings: readonly string[];
}

/** Options of `apply`. */
export interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly output?: string;
}

const taken: ReadonlySet<string> = new Set(['created', 'configured', 'unchanged']);

/** `apply -f`: each document is taken or refused on its own; a refused one is told and does not keep the others back. */
export async function applyDocuments(paths: readonly string[], options: ApplyOptions, context: CommandContext): Promise<void> {
  const api = await context.api();
  const all: ApplyResult[] = [];
  let refused = 0;
  for (const file of await readDocuments(paths, context)) {
    const { results, failures } = await applyFile(file, options, { api, context });
    all.push(...results);
    refused += failures;
    if (options.output !== 'json') for (const result of results) tellResult(result, file.name, options, context);
  }
  if (options.output === 'json') context.output.data(JSON.stringify({ results: all }, null, 2));
  if (refused > 0) throw new CommandFailure(`${refused} not taken`);
}

/** Results of one file; a failure that names no documents is told here. */
async function applyFile(
  file: DocumentFile,
  options: ApplyOptions,
  { api, context }: { api: ApiClient; context: CommandContext },
): Promise<{ results: readonly ApplyResult[]; failures: number }> {
  try {
    const query = { dry_run: options.dryRun, file: file.name, namespace: context.namespace };
    return { ...(await api.json<{ results: ApplyResult[] }>({ ...submission(file), path: '/v1/specs:apply', query })), failures: 0 };
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status >= 500 || error.status === 401 || error.status === 403) throw error;
    const results = (error.body.details?.['results'] ?? []) as ApplyResult[];
    context.output.message(`${file.name}: ${error.message}`);
    return { results, failures: results.filter(({ outcome }) => !taken.has(outcome)).length || 1 };
  }
}

function tellResult(result: ApplyResult, file: string, options: ApplyOptions, { output }: CommandContext): void {
  const { kind, name, outcome, reason, message, hint, findings, warnings } = result;
  if (taken.has(outcome)) output.data(`${kind.toLowerCase()}/${name} ${outcome}${options.dryRun ? ' (dry run)' : ''}`);
  else if (findings.length === 0) output.message(`${kind.toLowerCase()}/${name} ${outcome}: ${reason}: ${message} (${hint})`);
  else for (const found of findings) output.message(findingLine(found, file));
  if (taken.has(outcome)) for (const warning of warnings) output.message(`warning: ${warning}`);
}

/** `diff -f`: prints what an apply would change. True when there is a difference. */
export async function diffDocuments(paths: readonly string[], options: { output?: string }, context: CommandContext): Promise<boolean> {
  const api = await context.api();
  let differs = false;
  const documents: unknown[] = [];
  for (const file of await readDocuments(paths, context)) {
    const query = { file: file.name, namespace: context.namespace };
    const answer = await diffFile(api, { ...submission(file), path: '/v1/specs:diff', query }, file, context);
    differs ||= answer.differs;
    documents.push(...answer.documents);
    if (options.output !== 'json') context.output.data(answer.text);
  }
  if (options.output === 'json') context.output.data(JSON.stringify({ differs, documents }, null, 2));
  return differs;
}

interface DiffAnswer {
  readonly differs: boolean;
  readonly text: string;
  readonly documents: readonly unknown[];
}

async function diffFile(
  api: ApiClient,
  request: Parameters<ApiClient['json']>[0],
  file: DocumentFile,
  { output }: CommandContext,
): Promise<DiffAnswer> {
  try {
    return await api.json<DiffAnswer>(request);
  } catch (error) {
    const findings = error instanceof ApiFailure ? (error.body.details?.['findings'] as FindingView[] | undefined) : undefined;
    for (const found of findings ?? []) output.message(findingLine(found, file.name));
    throw error;
  }
}

/** `delete connector NAME`. */
export async function deleteConnector(name: string, context: CommandContext): Promise<void> {
  const api = await context.api();
  const ref = connectorRef(name, context.namespace);
  await api.send({ method: 'DELETE', path: connectorPath(ref) });
  context.output.data(`connector/${ref.name} deleted`);
}

function submission({ name, bytes }: DocumentFile) {
  const type = name.endsWith('.json') ? 'application/json' : 'application/yaml';
  return { method: 'POST', body: { bytes, type } } as const;
}

/** Files, folders (their YAML and JSON files, at any depth) and `-` for stdin. */
async function readDocuments(paths: readonly string[], context: CommandContext): Promise<DocumentFile[]> {
  const found: DocumentFile[] = [];
  for (const path of paths) {
    if (path === '-') found.push({ name: 'stdin', bytes: await context.stdin() });
    else found.push(...(await readBelow(path)));
  }
  return found;
}

async function readBelow(path: string): Promise<DocumentFile[]> {
  const { files, unreadable } = await findDocuments(path);
  for (const { path: place, code } of unreadable) throw new CommandFailure(`cannot read ${place}: ${code}`, 2);
  if (files.length === 0) throw new CommandFailure(`${path} holds no .yaml, .yml or .json file`, 2);
  return Promise.all(files.map(async (name) => ({ name, bytes: await readBytes(name) })));
}

async function readBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CommandFailure(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, 2);
  }
}
