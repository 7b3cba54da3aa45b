import type { Session } from '../sdk/session.ts';
import { maxCursorBytes } from '../sdk/session.ts';
import { tooLarge } from './row-keys.ts';

/** What is remembered of one file: the start of its hash (128 bits), and for `rows` which rows it had. */
export interface FileEntry {
  readonly hash: string;
  readonly rows?: string;
}

/** Path to what is remembered; a Map, since a file may be called `__proto__`. */
export type Bookkeeping = ReadonlyMap<string, FileEntry>;

/** The start of a hash that the cursor keeps. */
export function shortHash(sha256: string): string {
  return sha256.slice(0, 32);
}

/** What the last run remembered of a stream, and whether it was read with the same settings. */
export function readBookkeeping(session: Session, stream: string, fingerprint: string): { files: Bookkeeping; isComparable: boolean } {
  const cursor = session.storedCursor(stream);
  const files = Object.entries((cursor?.['files'] ?? {}) as Record<string, FileEntry>);
  return { files: new Map(files), isComparable: session.cursor(stream) !== null && cursor?.['settings'] === fingerprint };
}

/** The cursor of a stream. Throws `bookkeeping_too_large`, which is to be found out before any record is sent. */
export function toCursor(files: Bookkeeping, fingerprint: string): Readonly<Record<string, unknown>> {
  const cursor = { settings: fingerprint, files: Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1))) };
  const bytes = Buffer.byteLength(JSON.stringify(cursor));
  if (bytes > maxCursorBytes)
    throw tooLarge(`${files.size} files and their rows need ${bytes} bytes of cursor, at most ${maxCursorBytes} are kept`);
  return cursor;
}
