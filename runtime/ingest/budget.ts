import { SlabPool } from './slabs.ts';

/** How a share asks its budget. */
interface ShareOwner {
  mayRead(usedBytes: number): boolean;
  moved(bytes: number): void;
  closed(share: BudgetShare): void;
}

/**
 * Bytes of records that wait for the database, over all runs of one runtime. Bounds memory whatever connectors send.
 *
 * Half of the budget is cut into equal parts, one for each open run, so that none waits for what another holds; the other half is lent
 * to whoever comes. A run that holds nothing may always read: what goes over the total is one record a run at most.
 */
export class IngestBudget {
  readonly #totalBytes: number;
  readonly #shares = new Set<BudgetShare>();
  readonly #owner: ShareOwner;
  /** Where the bodies lie. */
  readonly slabs: SlabPool;
  #usedBytes = 0;

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
    this.slabs = new SlabPool(totalBytes / 4);
    this.#owner = {
      mayRead: (usedBytes) => this.#mayRead(usedBytes),
      moved: (bytes) => this.#moved(bytes),
      closed: (share) => this.#shares.delete(share),
    };
  }

  /** Bytes held by all runs now. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The share of one run; `close` it when the run is over. */
  open(): BudgetShare {
    const share = new BudgetShare(this.#owner);
    this.#shares.add(share);
    return share;
  }

  #mayRead(usedBytes: number): boolean {
    const half = this.#totalBytes / 2;
    return usedBytes === 0 || this.#usedBytes < half || usedBytes < half / this.#shares.size;
  }

  #moved(bytes: number): void {
    this.#usedBytes += bytes;
    if (bytes < 0) for (const share of this.#shares) share.recheck();
  }
}

/** What one run holds of the budget. */
export class BudgetShare {
  readonly #owner: ShareOwner;
  #usedBytes = 0;
  #closed = false;
  #waiting: PromiseWithResolvers<void> | null = null;

  constructor(owner: ShareOwner) {
    this.#owner = owner;
  }

  /** True while a reader waits for room. */
  get full(): boolean {
    return this.#waiting !== null;
  }

  /** Notes bytes that are in memory already. A promise means: read no more before it resolves. */
  take(bytes: number): Promise<void> | undefined {
    this.#usedBytes += bytes;
    this.#owner.moved(bytes);
    if (this.#owner.mayRead(this.#usedBytes)) return undefined;
    this.#waiting ??= Promise.withResolvers<void>();
    return this.#waiting.promise;
  }

  /** Gives back bytes that left memory; nothing after `close`. */
  release(bytes: number): void {
    if (this.#closed) return;
    this.#usedBytes -= bytes;
    this.#owner.moved(-bytes);
  }

  /** Lets the reader go on if there is room now. */
  recheck(): void {
    if (this.#waiting !== null && this.#owner.mayRead(this.#usedBytes)) this.#letGo();
  }

  /** Gives everything back; a reader that waits goes on, to find that the run is over. Safe to repeat. */
  close(): void {
    if (this.#closed) return;
    this.#owner.closed(this);
    this.release(this.#usedBytes);
    this.#closed = true;
    this.#letGo();
  }

  #letGo(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }
}
