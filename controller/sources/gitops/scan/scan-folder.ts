import { type FileRead, readFiles } from './read-files.ts';
import { type FoundFile, type ScanLimits, type UnreadablePath, walkFolder } from './walk-folder.ts';

/** What is remembered of a file between scans, so that only a changed one is read again. */
export interface FileFacts {
  /** As in `FoundFile`; null when it could not tell a later write from the one that was read. */
  readonly stamp: string | null;
  /** sha256 of the content, hex. */
  readonly digest: string;
}

/** One declared file. `content` is there only when it differs from the last scan. */
export interface ScannedFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly digest: string;
  readonly content: Uint8Array | undefined;
}

/** One listing of a folder. Not `complete`: it may not imply that anything was removed. */
export interface FolderScan {
  readonly files: readonly ScannedFile[];
  readonly unreadable: readonly UnreadablePath[];
  readonly complete: boolean;
  /** To be handed to the next scan. */
  readonly memory: ReadonlyMap<string, FileFacts>;
}

/** What a scan is given. */
export interface ScanRequest {
  readonly folder: string;
  readonly limits: ScanLimits;
  /** Of the scan before. */
  readonly before: ReadonlyMap<string, FileFacts>;
  readonly now: Date;
}

/** A write within the same tick of the file system's clock leaves the stamp as it was: younger files are read again the next time. */
const STAMP_TRUSTED_AFTER_MS = 1_000;

/** Lists a folder of documents and reads what changed since `before`. Never throws for what it finds: a vanished folder is an incomplete scan. */
export async function scanFolder({ folder, limits, before, now }: ScanRequest): Promise<FolderScan> {
  const entries = await walkFolder(folder, limits);
  const changed = entries.files.filter(({ path, stamp }) => before.get(path)?.stamp !== stamp);
  const contents = await readFiles(
    folder,
    changed.map(({ path }) => path),
  );
  const read = new Map(changed.map(({ path }, at) => [path, contents[at] as FileRead]));
  const files: ScannedFile[] = [];
  const unreadable = [...entries.unreadable];
  const memory = new Map<string, FileFacts>();
  for (const file of entries.files) {
    const known = before.get(file.path);
    const fresh = read.get(file.path);
    if (fresh !== undefined && 'code' in fresh) {
      // A file that went between listing and reading is just gone.
      if (fresh.code !== 'ENOENT') unreadable.push({ path: file.path, code: fresh.code });
      continue;
    }
    const digest = fresh?.digest ?? (known as FileFacts).digest;
    files.push({ path: file.path, digest, content: digest === known?.digest ? undefined : fresh?.bytes });
    memory.set(file.path, { stamp: trustedStamp(file, now), digest });
  }
  return { files, unreadable, complete: entries.complete, memory };
}

function trustedStamp({ stamp, changedAtMs }: FoundFile, now: Date): string | null {
  return changedAtMs < now.getTime() - STAMP_TRUSTED_AFTER_MS ? stamp : null;
}
