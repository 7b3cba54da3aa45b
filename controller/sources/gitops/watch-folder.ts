import type { Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

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

/**
 * Calls `onChange` when anything below the folder may have changed. Events only say «look»: their paths and kinds are not trusted,
 * since a swap of links (git-sync, ConfigMap mounts) reports none, some or too many. The parent is watched as well, without following
 * links, so that a swap of the folder itself is seen. The caller scans again now and then whatever happens.
 */
export function watchFolder(folder: string, timing: WatchTiming, onChange: () => void, onError: (error: unknown) => void): FolderWatch {
  const burst = new Burst(timing, onChange);
  // Folders only: their raw events tell of the files inside, and ten thousand files cost no watch each.
  const ignored = (path: string, facts?: Stats): boolean => facts?.isFile() === true || (path !== folder && basename(path).startsWith('.'));
  const open = (): FSWatcher =>
    watch(folder, { ignoreInitial: true, followSymlinks: true, ignored, ignorePermissionErrors: true })
      .on('all', () => burst.touch())
      .on('raw', () => burst.touch())
      .on('error', onError);
  let inner = open();
  let closed = false;
  const parent = watch(dirname(folder), { ignoreInitial: true, followSymlinks: false, depth: 0 })
    .on('all', (_event, path) => {
      if (path !== folder || closed) return;
      // Another folder stands behind the name: the old watch looks at what is no longer there.
      const old = inner;
      inner = open();
      old.close().catch(onError);
      burst.touch();
    })
    .on('error', onError);
  return {
    async close(): Promise<void> {
      closed = true;
      burst.stop();
      await Promise.all([inner.close(), parent.close()]);
    },
  };
}

/** Turns a burst of events into one call after it has gone quiet. */
class Burst {
  readonly #timing: WatchTiming;
  readonly #onQuiet: () => void;
  #quiet: NodeJS.Timeout | undefined;
  #limit: NodeJS.Timeout | undefined;

  constructor(timing: WatchTiming, onQuiet: () => void) {
    this.#timing = timing;
    this.#onQuiet = onQuiet;
  }

  touch(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#fire(), this.#timing.quietMs);
    this.#limit ??= setTimeout(() => this.#fire(), this.#timing.burstMs);
  }

  stop(): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#limit);
    this.#limit = undefined;
  }

  #fire(): void {
    this.stop();
    this.#onQuiet();
  }
}
