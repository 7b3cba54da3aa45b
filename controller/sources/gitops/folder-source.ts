import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { type Loop, startLoop } from '../../../platform/loop.ts';
import type { BrokenFile, DoorScope, Submission, SubmissionResult, SubmittedDocument } from '../../apis/intake.ts';
import type { SourceHealth } from '../source-health.ts';
import { Disappearances } from './disappearances.ts';
import { News } from './news.ts';
import { emptyMemory, type FolderListing, type FolderMemory, type FolderReading, readFolder } from './read-folder.ts';
import { ListingTeller } from './tell-listing.ts';
import { watchFolder, type WatchTiming } from './watch-folder.ts';

/** How patient a folder source is, in milliseconds. */
export interface FolderTiming extends WatchTiming {
  /** The folder is listed this often whatever happens. */
  readonly rescanMs: number;
  /** What vanished is believed when it stayed away this long. */
  readonly settleMs: number;
  /** A folder that cannot be listed is tried again this often, and told from the second time on. */
  readonly retryMs: number;
}

/** What a folder source is made of. */
export interface FolderSourceParts {
  /** Configured name, such as `folder:/srv/connectors`. */
  readonly name: string;
  readonly reading: FolderReading;
  readonly scope: DoorScope;
  readonly timing: FolderTiming;
  /** Epoch of this process's lease on the source; null while another process holds it. */
  hold(): Promise<number | null>;
  submit(submission: Submission): Promise<SubmissionResult>;
  /** Tells the documents of the source that it cannot be listed; repeating it writes nothing. */
  reportUnavailable(epoch: number, message: string): Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** While another process holds the source, ask again this often, in milliseconds. */
const HELD_ELSEWHERE_MS = 5_000;
/** After a few changes went ahead, the whole folder is compared this much later, in milliseconds. */
const FOLLOW_UP_MS = 500;

/** A folder of documents as a door: lists it, hands changes in, tells what is wrong. Decides nothing about the documents. */
export class FolderSource {
  readonly #parts: FolderSourceParts;
  readonly #teller: ListingTeller;
  readonly #news = new News();
  #memory: FolderMemory = emptyMemory;
  #disappearances: Disappearances;
  #epoch: number | null = null;
  #health: SourceHealth = { listedAtMs: null, fault: null, holder: true };

  readonly name: string;

  constructor(parts: FolderSourceParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.#teller = new ListingTeller(parts.log, parts.name);
    this.#disappearances = new Disappearances(parts.timing.settleMs);
  }

  /** Lists the folder now and whenever something may have changed, until the signal. */
  start(signal: AbortSignal): Loop {
    const { name, clock, log, random, timing, reading } = this.#parts;
    const loop = startLoop({ name, signal, clock, log, random, pass: () => this.list() });
    const watch = watchFolder(
      reading.folder,
      timing,
      () => loop.wake(),
      (error) => log.warn({ source: name, err: error }, 'folder watch failed; it is listed now and then'),
    );
    const done = loop.done.then(() => watch.close());
    return { ...loop, done };
  }

  /** How the last listings went, for readiness. */
  health(): SourceHealth {
    return this.#health;
  }

  /** One listing: takes in what changed. Answers in how many milliseconds to list again. Throws what intake throws. */
  async list(): Promise<number> {
    const { timing, reading, clock } = this.#parts;
    const epoch = await this.#parts.hold();
    if (epoch === null) {
      this.#health = { ...this.#health, holder: false };
      return HELD_ELSEWHERE_MS;
    }
    if (epoch !== this.#epoch) this.#begin(epoch);
    const listing = await readFolder(reading, this.#memory, clock.now());
    if (listing.unlisted !== null) return this.#unlisted(epoch, listing.unlisted);
    const news = this.#news.pick(listing, this.#memory === emptyMemory, clock.monotonicMs());
    if (news !== null) return this.#handInNews(listing, news, epoch);
    const waitMs = await this.#handIn(listing, epoch);
    this.#memory = listing.memory;
    if (!listing.complete) return this.#incomplete(listing);
    this.#health = { listedAtMs: clock.monotonicMs(), fault: null, holder: true };
    return Math.min(timing.rescanMs, waitMs > 0 ? waitMs : timing.rescanMs);
  }

  /** A new holder has not seen what the last one handed in. */
  #begin(epoch: number): void {
    this.#epoch = epoch;
    this.#memory = emptyMemory;
    this.#disappearances = new Disappearances(this.#parts.timing.settleMs);
  }

  async #handInNews(listing: FolderListing, documents: readonly SubmittedDocument[], epoch: number): Promise<number> {
    this.#teller.tellSome(await this.#submit({ documents, partial: true }, epoch));
    this.#memory = listing.memory;
    return FOLLOW_UP_MS;
  }

  #submit(
    what: { documents: readonly SubmittedDocument[]; broken?: readonly BrokenFile[]; partial: boolean },
    epoch: number,
  ): Promise<SubmissionResult> {
    const { name, reading, scope, submit } = this.#parts;
    const { partial, ...rest } = what;
    const fingerprint = `folder ${reading.folder} namespace ${reading.namespace}`;
    return submit({
      source: name,
      epoch,
      ...rest,
      listing: { fingerprint, partial },
      scope,
      actor: { kind: 'source', name },
      invalid: 'store',
    });
  }

  /** Answers in how many milliseconds the listing may be asked what is gone; 0 when it was. */
  async #handIn(listing: FolderListing, epoch: number): Promise<number> {
    const { documents, broken, complete } = listing;
    const shown = new Set(documents.map(({ namespace, name }) => `${namespace}/${name}`));
    const unsettledMs = complete ? this.#disappearances.untilSettledMs(shown, this.#parts.clock.monotonicMs()) : 0;
    const result = await this.#submit({ documents, broken, partial: !complete || unsettledMs > 0 }, epoch);
    this.#teller.tell(broken, result);
    return unsettledMs;
  }

  /** A folder below could not be listed: what it declared is kept and told, the rest goes on. */
  #incomplete({ broken }: FolderListing): number {
    const [folder] = broken.filter(({ file }) => file.endsWith('/'));
    this.#health = {
      ...this.#health,
      holder: true,
      fault: `${folder?.file ?? 'a folder'}: ${folder?.findings[0]?.message ?? 'not listed'}`,
    };
    return this.#parts.timing.rescanMs;
  }

  /** A swap leaves the folder away for a moment; told is what lasts. */
  async #unlisted(epoch: number, code: string): Promise<number> {
    const { name, timing, reading, log } = this.#parts;
    const fault = `the folder ${reading.folder} cannot be listed (${code})`;
    const lasts = this.#health.fault !== null;
    if (lasts) await this.#parts.reportUnavailable(epoch, fault);
    else
      log.warn(
        { source: name, folder: reading.folder, code, reason: 'SourceMissing' },
        'folder cannot be listed; its documents stay in force',
      );
    this.#health = { ...this.#health, holder: true, fault };
    return timing.retryMs;
  }
}
