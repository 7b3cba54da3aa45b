import { type Stats, statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';

/** Bounds of a listing. */
export interface ScanLimits {
  /** Larger files are told as unreadable (`TooLarge`), never cut. */
  readonly maxFileBytes: number;
  /** Folders nested deeper are told as unreadable (`TooDeep`). */
  readonly maxDepth: number;
}

/** Why one path could not be read; what it declared before must stay. A folder's path ends with `/` and stands for all below it. */
export interface UnreadablePath {
  /** Relative to the folder, with `/`; the folder itself is `./`. */
  readonly path: string;
  /** errno name such as `EACCES`, or `TooLarge`, `TooDeep`. */
  readonly code: string;
}

/** A file that may declare documents. */
export interface FoundFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  /** Changes with every write that the file system can tell: device, inode, size and times. */
  readonly stamp: string;
  /** When its content, name or rights changed last, milliseconds since the epoch by the file system's clock. */
  readonly changedAtMs: number;
}

/** What stands in a folder, without any content. */
export interface FolderEntries {
  readonly files: readonly FoundFile[];
  readonly unreadable: readonly UnreadablePath[];
  /** False: a folder could not be listed, so that anything may be missing. */
  readonly complete: boolean;
}

const DOCUMENT_NAME = /\.(ya?ml|json)$/i;
/** Looks between two breaths; so many take less than a millisecond. */
const LOOKS_A_BREATH = 100;

/**
 * Lists the declared files below a folder at any depth, depth first, in name order. Names that start with a dot are skipped (editors'
 * files, `..data` of a ConfigMap mount); links are followed, a loop of links is entered once. Never throws for what it finds.
 */
export async function walkFolder(folder: string, limits: ScanLimits): Promise<FolderEntries> {
  const walk = new FolderWalk(folder, limits);
  await walk.enter(folder, 0);
  return walk;
}

/** The errno name of a file system's refusal. */
export function errnoOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : 'EUNKNOWN';
}

class FolderWalk implements FolderEntries {
  readonly files: FoundFile[] = [];
  readonly unreadable: UnreadablePath[] = [];
  complete = true;
  readonly #root: string;
  readonly #limits: ScanLimits;
  readonly #entered = new Set<string>();

  constructor(root: string, limits: ScanLimits) {
    this.#root = root;
    this.#limits = limits;
  }

  async enter(folder: string, depth: number): Promise<void> {
    if (depth > this.#limits.maxDepth) return this.#missed(folder, 'TooDeep');
    try {
      const real = await realpath(folder);
      if (this.#entered.has(real)) return;
      this.#entered.add(real);
      const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
      for (let at = 0; at < names.length; at += LOOKS_A_BREATH) {
        if (at > 0) await breathe();
        for (const name of names.slice(at, at + LOOKS_A_BREATH)) await this.#look(join(folder, name), depth);
      }
    } catch (error) {
      this.#missed(folder, errnoOf(error));
    }
  }

  /**
   * Looks synchronously, which costs a quarter and finds the folder's entries in memory: a file system that hangs has held up the listing
   * before, which waits without holding up anything else.
   */
  async #look(path: string, depth: number): Promise<void> {
    let facts: Stats;
    try {
      facts = statSync(path);
    } catch (error) {
      return this.#unreachable(path, errnoOf(error));
    }
    if (facts.isDirectory()) await this.enter(path, depth + 1);
    else if (facts.isFile() && DOCUMENT_NAME.test(path)) this.#declare(path, facts);
  }

  #declare(path: string, { size, dev, ino, mtimeMs, ctimeMs }: Stats): void {
    const name = this.#name(path);
    if (size > this.#limits.maxFileBytes) this.unreadable.push({ path: name, code: 'TooLarge' });
    else this.files.push({ path: name, stamp: `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`, changedAtMs: ctimeMs });
  }

  /** A file that went between listing and look is just gone; anything else stays as it was known. */
  #unreachable(path: string, code: string): void {
    if (code !== 'ENOENT') this.unreadable.push({ path: this.#name(path), code });
  }

  /** A folder that cannot be listed may hold anything: the listing implies no removal. */
  #missed(folder: string, code: string): void {
    this.complete = false;
    this.unreadable.push({ path: `${this.#name(folder) || '.'}/`, code });
  }

  #name(path: string): string {
    return relative(this.#root, path).replaceAll('\\', '/');
  }
}
