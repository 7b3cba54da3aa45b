import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What is remembered of a file between scans, so that only a changed one is read again. */
export interface FileFacts {
  /** Changes with every write that the file system can tell: device, inode, size and times. */
  readonly stamp: string;
  /** sha256 of the content, hex. */
  readonly digest: string;
}

/** One declared file. `text` is there only when the content differs from the last scan. */
export interface ScannedFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly digest: string;
  readonly text: string | undefined;
}

/** Why one path could not be read; what it declared before must stay. */
export interface UnreadablePath {
  readonly path: string;
  /** errno name such as `EACCES`, or `TooLarge`. */
  readonly code: string;
}

/** One listing of a folder. Not `complete`: it may not imply that anything was removed. */
export interface FolderScan {
  readonly files: ScannedFile[];
  readonly unreadable: UnreadablePath[];
  readonly complete: boolean;
  /** To be handed to the next scan. */
  readonly memory: ReadonlyMap<string, FileFacts>;
}

/** Bounds of a scan. */
export interface ScanLimits {
  /** Larger files are told as unreadable (`TooLarge`), never cut. */
  readonly maxFileBytes: number;
  /** Folders nested deeper are told as unreadable (`TooDeep`). */
  readonly maxDepth: number;
}

/** Files that may declare documents. */
const DOCUMENT_NAME = /\.(ya?ml|json)$/i;
/** Parallel reads: enough to hide latency, few enough for any open-files limit. */
const READS_AT_ONCE = 64;

interface Found {
  path: string;
  stamp: string;
}

/**
 * Lists a folder of documents at any depth. Names that start with a dot are skipped (editors' files, `..data` of a ConfigMap mount);
 * links are followed, a loop of links is entered once. Never throws for what it finds: a vanished folder is an incomplete scan.
 */
export async function scanFolder(folder: string, before: ReadonlyMap<string, FileFacts>, limits: ScanLimits): Promise<FolderScan> {
  const walk = new FolderWalk(folder, limits);
  await walk.enter(folder, 0);
  const files: ScannedFile[] = [];
  const memory = new Map<string, FileFacts>();
  for (let at = 0; at < walk.found.length; at += READS_AT_ONCE) {
    const slice = walk.found.slice(at, at + READS_AT_ONCE);
    const read = await Promise.all(slice.map((found) => readIfChanged(folder, found, before.get(found.path))));
    for (const [index, result] of read.entries()) {
      const found = slice[index] as Found;
      if ('code' in result) {
        walk.unreadable.push({ path: found.path, code: result.code });
        continue;
      }
      files.push({ path: found.path, digest: result.digest, text: result.text });
      memory.set(found.path, { stamp: found.stamp, digest: result.digest });
    }
  }
  return { files, unreadable: walk.unreadable, complete: walk.complete, memory };
}

/** Collects the declared files of one folder, depth first, in name order. */
class FolderWalk {
  readonly found: Found[] = [];
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
      for (let at = 0; at < names.length; at += READS_AT_ONCE) await this.#look(folder, names.slice(at, at + READS_AT_ONCE), depth);
    } catch (error) {
      this.#missed(folder, errnoOf(error));
    }
  }

  async #look(folder: string, names: string[], depth: number): Promise<void> {
    const stats = await Promise.all(names.map((name) => stat(join(folder, name)).catch((error: unknown) => errnoOf(error))));
    for (const [index, facts] of stats.entries()) {
      const path = join(folder, names[index] as string);
      if (typeof facts === 'string') this.#unreachable(path, facts);
      else if (facts.isDirectory()) await this.enter(path, depth + 1);
      else if (facts.isFile() && DOCUMENT_NAME.test(path)) this.#declare(path, facts);
    }
  }

  #declare(path: string, facts: Stats): void {
    if (facts.size > this.#limits.maxFileBytes) this.unreadable.push({ path: this.#name(path), code: 'TooLarge' });
    else this.found.push({ path: this.#name(path), stamp: `${facts.dev}:${facts.ino}:${facts.size}:${facts.mtimeMs}:${facts.ctimeMs}` });
  }

  /** A file that went between listing and look is just gone; anything else stays as it was known. */
  #unreachable(path: string, code: string): void {
    if (code !== 'ENOENT') this.unreadable.push({ path: this.#name(path), code });
  }

  /** A folder that cannot be listed may hold anything: the scan implies no removal. */
  #missed(folder: string, code: string): void {
    this.complete = false;
    this.unreadable.push({ path: this.#name(folder) || '.', code });
  }

  #name(path: string): string {
    return relative(this.#root, path).replaceAll('\\', '/');
  }
}

async function readIfChanged(
  folder: string,
  found: Found,
  known: FileFacts | undefined,
): Promise<{ digest: string; text: string | undefined } | { code: string }> {
  if (known !== undefined && known.stamp === found.stamp) return { digest: known.digest, text: undefined };
  try {
    const bytes = await readFile(join(folder, found.path));
    const digest = createHash('sha256').update(bytes).digest('hex');
    return { digest, text: digest === known?.digest ? undefined : bytes.toString('utf8') };
  } catch (error) {
    return { code: errnoOf(error) };
  }
}

function errnoOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' ? code : 'EUNKNOWN';
}
