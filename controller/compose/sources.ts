import type { Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Loop } from '../../platform/loop.ts';
import { parseDocuments } from '../admission/parse/parse-documents.ts';
import type { CatalogView } from '../apis/catalog.ts';
import { type Finding, finding } from '../apis/finding.ts';
import type { Admit } from '../apis/intake.ts';
import type { Config } from '../config.ts';
import type { Intake } from '../reconcile/intake/submit.ts';
import { FolderSource, type FolderTiming } from '../sources/gitops/folder-source.ts';
import type { FolderReading } from '../sources/gitops/read-folder.ts';
import type { SourceHealth } from '../sources/source-health.ts';
import { SourceHolder } from '../sources/source-holder.ts';
import type { Database } from '../store/queryable.ts';
import { readSourceLease, releaseSourceLease, takeSourceLease } from '../store/sources/source-leases.ts';
import { registerSource } from '../store/sources/sources.ts';
import { DEFAULT_NAMESPACE } from './admission.ts';
import { UPLOAD_SOURCE } from './upload-door.ts';

/** What the doors stand on. */
export interface SourceParts {
  readonly config: Config;
  readonly db: Database;
  readonly intake: Intake;
  readonly admit: Admit;
  readonly processId: string;
  isLost(processId: string): boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

/** The running folder doors. */
export interface Sources {
  readonly loops: readonly Loop[];
  /** How the listings of each go, by name. */
  readonly health: ReadonlyMap<string, () => SourceHealth>;
  /** Waits for the doors to end after the signal, then gives the sources back once the loops have ended, so that the next process need not wait. */
  release(): Promise<void>;
}

const LIMITS = { maxFileBytes: 16 * 1024 * 1024, maxDepth: 32 };
const TIMING = { quietMs: 60, burstMs: 300, settleMs: 2_000, retryMs: 1_000 };

/** Registers the upload door and starts a door for each watched folder. */
export async function startSources(parts: SourceParts, signal: AbortSignal): Promise<Sources> {
  await registerSource(parts.db, { name: UPLOAD_SOURCE, kind: 'upload', fingerprint: '' });
  const rescanMs = parts.config.rescanSeconds * 1_000;
  const doors: FolderDoor[] = [];
  for (const folder of new Set(parts.config.watch)) {
    doors.push(await openFolderDoor(parts, { name: `folder:${folder}`, folder, timing: { ...TIMING, rescanMs } }));
  }
  return {
    loops: doors.map(({ source }) => source.start(signal)),
    health: new Map(doors.map(({ source }) => [source.name, () => source.health()])),
    release: async () => void (await Promise.all(doors.map(({ holder }) => holder.release()))),
  };
}

/** A folder as a door, not started, and this process's hold on it. */
export interface FolderDoor {
  readonly source: FolderSource;
  readonly holder: SourceHolder;
}

/** Registers one folder under the name of a source. */
export async function openFolderDoor(
  parts: Omit<SourceParts, 'config'>,
  { name, folder, timing }: { name: string; folder: string; timing: FolderTiming },
): Promise<FolderDoor> {
  const { db, intake, admit, processId, isLost, clock, log, random } = parts;
  await registerSource(db, { name, kind: 'gitops', fingerprint: folder });
  const holder = new SourceHolder({ source: name, processId, holds: holdsOf(db), isLost });
  const source = new FolderSource({
    name,
    reading: readingOf(folder, admit),
    scope: unbounded,
    timing,
    hold: () => holder.hold(),
    submit: (submission) => intake.submit(submission),
    reportUnavailable: (epoch, message) => intake.reportUnavailable(name, epoch, { message }),
    clock,
    log,
    random,
  });
  return { source, holder };
}

function readingOf(folder: string, admit: Admit): FolderReading {
  return {
    folder,
    limits: LIMITS,
    namespace: DEFAULT_NAMESPACE,
    parse: parseDocuments,
    judge: (document) => admit(document, { catalog: emptyCatalog, scope: unbounded, recorded: null }).findings.filter(isOfDocument),
    unreadable: (path, code) => finding({ at: [], reason: 'FileUnreadable', message: `it could not be read (${code})` }, { file: path }),
  };
}

/** A folder of the operator's may declare connectors of every owner, in every namespace. */
const unbounded = { namespaces: null, owners: null };

/** For documents that name no object: they are judged without the catalog, so what is said about their type counts for nothing. */
const isOfDocument = ({ reason }: Finding): boolean => reason !== 'TypeUnknown';
const emptyCatalog: CatalogView = { resolve: () => ({ outcome: 'unknown_key', known: [] }), list: () => [], policyTemplates: new Map() };

function holdsOf(db: Database): ConstructorParameters<typeof SourceHolder>[0]['holds'] {
  return {
    read: (source) => readSourceLease(db, source),
    take: (source, processId, seen) => takeSourceLease(db, source, processId, seen),
    release: (source, processId, epoch) => releaseSourceLease(db, source, processId, epoch),
  };
}
