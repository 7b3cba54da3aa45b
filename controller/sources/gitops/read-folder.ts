import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Finding } from '../../apis/finding.ts';
import { type BrokenFile, type DocumentToAdmit, type SubmittedDocument, submittedDigest } from '../../apis/intake.ts';
import { commitOf } from './scan/commit-of.ts';
import { type FileFacts, type FolderScan, type ScannedFile, scanFolder } from './scan/scan-folder.ts';
import type { ScanLimits } from './scan/walk-folder.ts';

/** A parsed file, as the admission stage reads it. */
export interface ParsedText {
  readonly documents: readonly DocumentToAdmit[];
  readonly findings: readonly Finding[];
}

/** What reading a folder needs of other stages, as functions. */
export interface FolderReading {
  readonly folder: string;
  readonly limits: ScanLimits;
  /** For documents that name none. */
  readonly namespace: string;
  parse(content: Uint8Array, file: string): ParsedText;
  /** Tells what is wrong with a document that names no object. */
  judge(document: DocumentToAdmit): readonly Finding[];
  /** Tells that a path could not be read. */
  unreadable(path: string, code: string): Finding;
}

/** What one listing of a folder yields, ready to be handed in. */
export interface FolderListing {
  readonly documents: readonly SubmittedDocument[];
  readonly broken: readonly BrokenFile[];
  /** False: nothing may be taken for removed. */
  readonly complete: boolean;
  /** errno name of why the folder itself could not be listed; null when it could. */
  readonly unlisted: string | null;
  /** Files that were read anew: their content differs from the last listing. */
  readonly changed: ReadonlySet<string>;
  /** To be given to the next listing once this one was taken in. */
  readonly memory: FolderMemory;
}

/** What is remembered between listings: facts of files and keys of documents, never their content. */
export interface FolderMemory {
  readonly facts: ReadonlyMap<string, FileFacts>;
  readonly files: ReadonlyMap<string, RememberedFile>;
}

interface RememberedDocument {
  readonly namespace: string;
  readonly name: string;
  readonly digest: string;
  /** Place among the documents of the file. */
  readonly index: number;
}

interface RememberedFile {
  readonly documents: readonly RememberedDocument[];
  readonly findings: readonly Finding[];
}

/** Memory of a folder that was never listed. */
export const emptyMemory: FolderMemory = { facts: new Map(), files: new Map() };
/** Files parsed between two breaths, so that beats and requests are answered in between. */
const FILES_A_BREATH = 50;
const NOTHING = new Uint8Array();

/** Lists a folder: parses what changed since `before`, keeps what did not. Never throws for what it finds. */
export async function readFolder(reading: FolderReading, before: FolderMemory, now: Date): Promise<FolderListing> {
  const { folder, limits } = reading;
  const [scan, commit] = await Promise.all([scanFolder({ folder, limits, before: before.facts, now }), commitOf(folder)]);
  const files = new Map<string, RememberedFile>();
  const fresh = new Map<string, readonly DocumentToAdmit[]>();
  for (const [at, file] of scan.files.entries()) {
    if (at % FILES_A_BREATH === FILES_A_BREATH - 1) await breathe();
    files.set(file.path, rememberFile(file, before.files.get(file.path), reading, fresh));
  }
  const broken = [...files].flatMap(([file, { findings }]) => (findings.length > 0 ? [{ file, findings }] : []));
  return {
    documents: [...files].flatMap(([file, { documents }]) =>
      documents.map((document) => submitted({ file, commit, fresh: fresh.get(file) }, document, reading)),
    ),
    broken: [...broken, ...unreadableFiles(scan, reading)],
    complete: scan.complete,
    unlisted: scan.unreadable.find(({ path }) => path === './')?.code ?? null,
    changed: new Set(fresh.keys()),
    memory: { facts: scan.memory, files },
  };
}

function unreadableFiles(scan: FolderScan, reading: FolderReading): BrokenFile[] {
  return scan.unreadable.map(({ path, code }) => ({ file: path, findings: [reading.unreadable(path, code)] }));
}

function rememberFile(
  file: ScannedFile,
  known: RememberedFile | undefined,
  reading: FolderReading,
  fresh: Map<string, readonly DocumentToAdmit[]>,
): RememberedFile {
  if (file.content === undefined && known !== undefined) return known;
  const parsed = reading.parse(file.content ?? NOTHING, file.path);
  fresh.set(file.path, parsed.documents);
  const findings = [...parsed.findings];
  const documents = parsed.documents.flatMap((document, index): RememberedDocument[] => {
    const identity = identityOf(document.value, reading.namespace);
    if (identity === null) {
      findings.push(...reading.judge(document));
      return [];
    }
    return [{ ...identity, digest: submittedDigest(document.value), index }];
  });
  return { documents, findings };
}

/** Where a document was found, and its value while it is at hand. */
interface FoundIn {
  readonly file: string;
  readonly commit: string | undefined;
  readonly fresh: readonly DocumentToAdmit[] | undefined;
}

function submitted({ file, commit, fresh }: FoundIn, document: RememberedDocument, reading: FolderReading): SubmittedDocument {
  const { namespace, name, digest, index } = document;
  return {
    namespace,
    name,
    digest,
    origin: commit === undefined ? { file } : { file, commit },
    read: () => fresh?.[index] ?? readAgain(reading, file, index),
  };
}

/** The database knows another content than this file had: it was restored, say. A file that changed meanwhile is listed again anyway. */
async function readAgain(reading: FolderReading, file: string, index: number): Promise<DocumentToAdmit> {
  const parsed = reading.parse(await readFile(join(reading.folder, file)), file);
  return parsed.documents[index] ?? { value: null, file };
}

/** The object that a document is about; null when it is no Connector or names none. */
function identityOf(value: unknown, defaultNamespace: string): { namespace: string; name: string } | null {
  if (typeof value !== 'object' || value === null) return null;
  const { kind, metadata } = value as { kind?: unknown; metadata?: { name?: unknown; namespace?: unknown } | null };
  const { name, namespace } = metadata ?? {};
  if (kind !== 'Connector' || typeof name !== 'string' || name === '') return null;
  if (namespace === undefined || namespace === null) return { namespace: defaultNamespace, name };
  return typeof namespace === 'string' ? { namespace, name } : null;
}
