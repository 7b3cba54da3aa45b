import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { type Loop, startLoop } from '../../../platform/loop.ts';
import type { DoorScope, DocumentResult, Submission, SubmissionResult } from '../../apis/intake.ts';
import { emptyMemory, type FolderListing, type FolderMemory, type FolderReading, readFolder } from './read-folder.ts';
import { watchFolder, type WatchTiming } from './watch-folder.ts';

/** What a folder source is made of. */
export interface FolderSourceParts {
  /** Configured name, such as `folder:/srv/connectors`. */
  readonly name: string;
  readonly reading: FolderReading;
  readonly scope: DoorScope;
  readonly timing: WatchTiming;
  /** The folder is listed this often whatever happens. */
  readonly rescanMs: number;
  /** Epoch of this process's lease on the source; null while another process holds it. */
  hold(): Promise<number | null>;
  submit(submission: Submission): Promise<SubmissionResult>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** While another process holds the source, ask again this often, in milliseconds. */
const HELD_ELSEWHERE_MS = 5_000;

/** A folder of documents as a door: lists it, hands changes in, tells what is wrong. Decides nothing. */
export class FolderSource {
  readonly #parts: FolderSourceParts;
  #memory: FolderMemory = emptyMemory;
  #epoch: number | null = null;
  #told = new Set<string>();

  constructor(parts: FolderSourceParts) {
    this.#parts = parts;
  }

  /** Lists the folder now and whenever something may have changed, until the signal. */
  start(signal: AbortSignal): Loop {
    const { name, clock, log, random, timing, reading } = this.#parts;
    const loop = startLoop({ name, signal, clock, log, random, pass: () => this.#pass() });
    const watch = watchFolder(
      reading.folder,
      timing,
      () => loop.wake(),
      (error) => log.warn({ source: name, err: error }, 'folder watch failed; it is listed now and then'),
    );
    const done = loop.done.then(() => watch.close());
    return { ...loop, done };
  }

  async #pass(): Promise<number> {
    const epoch = await this.#parts.hold();
    if (epoch === null) return HELD_ELSEWHERE_MS;
    // A new holder has not seen what the last one handed in.
    if (epoch !== this.#epoch) this.#memory = emptyMemory;
    this.#epoch = epoch;
    const listing = await readFolder(this.#parts.reading, this.#memory);
    const result = await this.#parts.submit(this.#submission(listing, epoch));
    this.#memory = listing.memory;
    this.#tell(listing, result);
    return this.#parts.rescanMs;
  }

  #submission(listing: FolderListing, epoch: number): Submission {
    const { name, reading, scope } = this.#parts;
    return {
      source: name,
      epoch,
      documents: listing.documents,
      broken: listing.broken,
      ...(listing.complete ? { listing: { fingerprint: `folder ${reading.folder} namespace ${reading.namespace}` } } : {}),
      scope,
      actor: { kind: 'source', name },
      invalid: 'store',
    };
  }

  /** Logs what is wrong, each thing once for as long as it stays wrong. */
  #tell(listing: FolderListing, result: SubmissionResult): void {
    const { log, name } = this.#parts;
    const now = new Set<string>();
    const once = (key: string, facts: Record<string, unknown>, message: string): void => {
      now.add(key);
      if (!this.#told.has(key)) log.warn({ source: name, ...facts }, message);
    };
    for (const { file, findings } of listing.broken) {
      for (const { line, column, path, reason, message, hint } of findings) {
        once(
          `${file}:${line}:${column}:${path}:${reason}:${message}`,
          { file, line, column, path, reason, problem: message, hint },
          'file cannot be read',
        );
      }
    }
    for (const item of result.results) tellResult(item, once);
    if (result.pendingRemoval !== null)
      once(`pending:${result.pendingRemoval.token}`, { ...result.pendingRemoval }, 'mass removal waits for confirmation');
    tellCounts(result, log, name);
    // What was told of an unchanged document still holds.
    this.#told = new Set([...now, ...[...this.#told].filter((key) => key.startsWith('document:'))]);
  }
}

/** What changed, in one line however many documents it was. */
function tellCounts(result: SubmissionResult, log: Log, source: string): void {
  const counts: Record<string, number> = {};
  for (const { outcome } of result.results) if (outcome !== 'unchanged') counts[outcome] = (counts[outcome] ?? 0) + 1;
  if (Object.keys(counts).length > 0) log.info({ source, ...counts }, 'documents taken in');
}

function tellResult(item: DocumentResult, once: (key: string, facts: Record<string, unknown>, message: string) => void): void {
  const connector = `${item.namespace}/${item.name}`;
  if (item.outcome === 'conflict' || item.outcome === 'removing') {
    once(
      `document:${connector}:${item.reason}`,
      { connector, file: item.file, reason: item.reason, problem: item.message, hint: item.hint },
      'document was not taken',
    );
  }
  for (const { severity, line, column, path, reason, message, hint } of item.findings) {
    once(
      `document:${connector}:${line}:${path}:${reason}:${message}`,
      { connector, file: item.file, line, column, path, reason, problem: message, hint },
      severity === 'error' ? 'document was refused; the last accepted revision stays in force' : 'document has a warning',
    );
  }
}
