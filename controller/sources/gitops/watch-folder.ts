import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** How quickly a burst of events becomes one look, in milliseconds. */
export interface WatchTiming {
  /** A look follows this long after the last event of a burst. */
  readonly quietMs: number;
  /** A burst that does not end is looked at after this long all the same. */
  readonly burstMs: number;
}

/** A running watch. `close` resolves when no further call can follow. */
export interface FolderWatch {
  close(): Promise<void>;
}

/** Folders of programs, which hold no documents and many folders. */
const SKIPPED = new Set(['node_modules', '__pycache__']);
const MAX_DEPTH = 32;

/**
 * Calls `onChange` when anything below the folder may have changed. Events only say «look»: their paths and kinds are not trusted, since a
 * swap of links (git-sync, ConfigMap mounts) reports none, some or too many. Only folders are watched, each by itself, so that ten thousand
 * files cost one watch and an event no walk over them; the parent is watched as well, so that a swap of the folder itself is seen. The
 * caller looks now and then whatever happens: a folder that cannot be watched is told to `onError` and costs only speed.
 */
export function watchFolder(folder: string, timing: WatchTiming, onChange: () => void, onError: (error: unknown) => void): FolderWatch {
  const watches = new FolderWatches(
    folder,
    (folders) => {
      burst.touch();
      if (folders) watches.renew().catch(onError);
    },
    onError,
  );
  const burst = new Burst(timing, onChange);
  watches.renew().catch(onError);
  return {
    async close(): Promise<void> {
      burst.stop();
      await watches.close();
    },
  };
}

/** A watch, and which folder stood behind its path when it was opened. */
interface OpenWatch {
  readonly identity: string;
  readonly watcher: FSWatcher;
}

/** One watch a folder: as folders come, go, or are swapped behind their path, so do the watches. */
class FolderWatches {
  readonly #root: string;
  readonly #onEvent: (folders: boolean) => void;
  readonly #onError: (error: unknown) => void;
  readonly #open = new Map<string, OpenWatch>();
  #renewing: Promise<void> | null = null;
  #again = false;
  #closed = false;

  /** @param onEvent told whether folders may have come or gone. */
  constructor(root: string, onEvent: (folders: boolean) => void, onError: (error: unknown) => void) {
    this.#root = root;
    this.#onEvent = onEvent;
    this.#onError = onError;
  }

  /** Brings the watches up to what is there. A call during another one is carried out after it. */
  renew(): Promise<void> {
    this.#again = true;
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#renewing?.catch(() => undefined);
    for (const { watcher } of this.#open.values()) watcher.close();
    this.#open.clear();
  }

  async #renew(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      const found = new Map<string, string>();
      const parent = dirname(this.#root);
      const identity = await identityOf(parent);
      if (identity !== null) found.set(parent, identity);
      await collect(this.#root, 0, found, new Set());
      if (!this.#closed) this.#adopt(found);
    }
  }

  #adopt(found: ReadonlyMap<string, string>): void {
    for (const [path, { identity, watcher }] of this.#open) {
      if (found.get(path) === identity) continue;
      watcher.close();
      this.#open.delete(path);
    }
    const fresh = [...found].filter(([path]) => !this.#open.has(path));
    for (const [path, identity] of fresh) this.#watch(path, identity);
    // What happened in a folder before it was watched had no event.
    if (fresh.length > 0) this.#onEvent(false);
  }

  #watch(path: string, identity: string): void {
    try {
      const watcher = watch(path, { persistent: false }, (kind, name) => {
        // Of the parent only the folder's own name matters.
        if (path === dirname(this.#root) && name !== null && name !== basename(this.#root)) return;
        this.#onEvent(kind === 'rename');
      });
      watcher.on('error', this.#onError);
      this.#open.set(path, { identity, watcher });
    } catch (error) {
      this.#onError(error);
    }
  }
}

/** Folders at any depth with what stands behind their paths; links are followed, each folder is entered once. Never throws. */
async function collect(folder: string, depth: number, found: Map<string, string>, entered: Set<string>): Promise<void> {
  const identity = await identityOf(folder);
  if (identity === null || entered.has(identity) || depth > MAX_DEPTH) return;
  entered.add(identity);
  found.set(folder, identity);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const may = entry.isDirectory() || entry.isSymbolicLink();
    if (may && !entry.name.startsWith('.') && !SKIPPED.has(entry.name)) await collect(join(folder, entry.name), depth + 1, found, entered);
  }
}

/** Device and inode of the folder behind a path; null when there is none. */
async function identityOf(path: string): Promise<string | null> {
  const facts = await stat(path).catch(() => null);
  return facts?.isDirectory() === true ? `${facts.dev}:${facts.ino}` : null;
}

/** Turns a burst of events into one call after it has gone quiet. */
class Burst {
  readonly #timing: WatchTiming;
  readonly #onQuiet: () => void;
  #quiet: NodeJS.Timeout | undefined;
  #limit: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(timing: WatchTiming, onQuiet: () => void) {
    this.#timing = timing;
    this.#onQuiet = onQuiet;
  }

  touch(): void {
    if (this.#stopped) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#fire(), this.#timing.quietMs);
    this.#limit ??= setTimeout(() => this.#fire(), this.#timing.burstMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#clear();
  }

  #clear(): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#limit);
    this.#limit = undefined;
  }

  #fire(): void {
    this.#clear();
    this.#onQuiet();
  }
}
