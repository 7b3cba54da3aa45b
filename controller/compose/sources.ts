import type { Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Loop } from '../../platform/loop.ts';
import { parseDocuments } from '../admission/parse/parse-documents.ts';
import type { CatalogView } from '../apis/catalog.ts';
import { finding } from '../apis/finding.ts';
import type { Admit } from '../apis/intake.ts';
import type { Config } from '../config.ts';
import type { CurrentCatalog } from '../reconcile/catalog-cache.ts';
import type { Intake } from '../reconcile/intake/submit.ts';
import { FolderSource } from '../sources/gitops/folder-source.ts';
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
  readonly catalog: CurrentCatalog;
  readonly processId: string;
  isLost(processId: string): boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

/** The running folder doors. */
export interface Sources {
  readonly loops: readonly Loop[];
  /** Waits for the doors to end after the signal, then gives the sources back once the loops have ended, so that the next process need not wait. */
  release(): Promise<void>;
}

const LIMITS = { maxFileBytes: 16 * 1024 * 1024, maxDepth: 32 };
const TIMING = { quietMs: 60, burstMs: 300 };

/** Registers the upload door and starts a door for each watched folder. */
export async function startSources(parts: SourceParts, signal: AbortSignal): Promise<Sources> {
  const { config, db, clock, log, random, intake } = parts;
  await registerSource(db, { name: UPLOAD_SOURCE, kind: 'upload', fingerprint: '' });
  const holders: SourceHolder[] = [];
  const loops: Loop[] = [];
  for (const folder of config.watch) {
    const name = `folder:${folder}`;
    await registerSource(db, { name, kind: 'gitops', fingerprint: folder });
    const holder = new SourceHolder({ source: name, processId: parts.processId, holds: holdsOf(db), isLost: parts.isLost });
    holders.push(holder);
    const source = new FolderSource({
      name,
      reading: {
        folder,
        limits: LIMITS,
        namespace: DEFAULT_NAMESPACE,
        parse: parseDocuments,
        judge: (document) => parts.admit(document, { catalog: emptyCatalog, scope: unbounded, recorded: null }).findings,
        unreadable: (path, code) =>
          finding({ at: [], reason: 'FileUnreadable', message: `it could not be read (${code})` }, { file: path }),
      },
      scope: unbounded,
      timing: TIMING,
      rescanMs: config.rescanSeconds * 1_000,
      hold: () => holder.hold(),
      submit: (submission) => intake.submit(submission),
      clock,
      log,
      random,
    });
    loops.push(source.start(signal));
  }
  return { loops, release: async () => void (await Promise.all(holders.map((holder) => holder.release()))) };
}

/** A folder of the operator's may declare connectors of every owner, in every namespace. */
const unbounded = { namespaces: null, owners: null };

/** For documents that name no object: what is wrong with them does not depend on the catalog. */
const emptyCatalog: CatalogView = { resolve: () => ({ outcome: 'unknown_key', known: [] }), list: () => [], policyTemplates: new Map() };

function holdsOf(db: Database): ConstructorParameters<typeof SourceHolder>[0]['holds'] {
  return {
    read: (source) => readSourceLease(db, source),
    take: (source, processId, seen) => takeSourceLease(db, source, processId, seen),
    release: (source, processId, epoch) => releaseSourceLease(db, source, processId, epoch),
  };
}
