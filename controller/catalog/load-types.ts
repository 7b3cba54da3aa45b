import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { findDocuments } from '../../platform/find-documents.ts';
import type { ConnectorType } from '../../schemas/connector-type.ts';
import type { PolicyTemplate } from '../../schemas/policy-template.ts';
import { digestOf } from '../../schemas/revision.ts';
import type { RegisteredType, TypeDocumentTools, TypeOrigin } from '../apis/catalog.ts';
import { type Finding, finding, refuses } from '../apis/finding.ts';
import { type CandidateTemplate, type CandidateType, type LoadedCatalog, buildCatalog } from './build-catalog.ts';
import { judgeTypeDocument } from './judge-type-document.ts';
import type { ManifestCheck } from './type-rule.ts';

/** A folder of type documents. */
export interface TypeFolder {
  path: string;
  /** True for types that ship with the program. */
  bundled: boolean;
}

/** Input of `loadCatalog`. */
export interface LoadRequest {
  folders: readonly TypeFolder[];
  tools: TypeDocumentTools;
  /** Rules of the collection protocol over the whole manifest; `runtime/protocol` has them. */
  checkManifest?: ManifestCheck;
  /** Versions that were registered before: they stay as they are, also when their document is gone. */
  retained?: readonly RegisteredType[];
}

/** Reads every ConnectorType and PolicyTemplate below the folders, at any depth. A bad file is told and costs the others nothing. */
export async function loadCatalog(request: LoadRequest): Promise<LoadedCatalog> {
  const types: CandidateType[] = [];
  const templates: CandidateTemplate[] = [];
  const findings: Finding[] = [];
  for (const folder of request.folders) {
    const { files, unreadable } = await findDocuments(resolve(folder.path));
    for (const { path, code } of unreadable) findings.push(unreadableFile(path, code));
    for (const file of files) {
      const read = await readTypes({ file, folder: dirname(file), bundled: folder.bundled }, request);
      types.push(...read.types);
      templates.push(...read.templates);
      findings.push(...read.findings);
    }
  }
  const built = buildCatalog({ types, templates, retained: request.retained ?? [] });
  return { catalog: built.catalog, findings: [...findings, ...built.findings] };
}

interface ReadTypes {
  types: CandidateType[];
  templates: CandidateTemplate[];
  findings: Finding[];
}

async function readTypes(origin: TypeOrigin, { tools, checkManifest }: LoadRequest): Promise<ReadTypes> {
  const read: ReadTypes = { types: [], templates: [], findings: [] };
  let bytes: Buffer;
  try {
    bytes = await readFile(origin.file);
  } catch (error) {
    read.findings.push(unreadableFile(origin.file, (error as NodeJS.ErrnoException).code ?? 'unknown'));
    return read;
  }
  // A folder of types holds other files too, such as package.json and samples: only what names our kinds is ours to judge.
  if (!/ConnectorType|PolicyTemplate/.test(bytes.toString('latin1'))) return read;
  const parsed = tools.parse(bytes, origin.file);
  read.findings.push(...parsed.findings);
  for (const { value, locate } of parsed.documents) {
    const drafts = judgeTypeDocument(value, tools, checkManifest);
    const place = { file: origin.file, locate };
    read.findings.push(...drafts.map((draft) => finding(draft, place)));
    if (drafts.some(refuses)) continue;
    const { kind } = value as { kind?: unknown };
    if (kind === 'ConnectorType') read.types.push({ type: registered(value as ConnectorType, origin), locate });
    if (kind === 'PolicyTemplate') read.templates.push({ template: value as PolicyTemplate, file: origin.file, locate });
  }
  return read;
}

function registered(document: ConnectorType, origin: TypeOrigin): RegisteredType {
  const { spec } = document;
  return { key: spec.key ?? document.metadata.name, version: spec.version, digest: digestOf(spec), spec, origin };
}

function unreadableFile(path: string, code: string): Finding {
  return finding({ at: [], reason: 'FileUnreadable', message: `${path} could not be read (${code})` }, { file: path });
}
