import path from 'node:path';
import type { Session } from '../sdk/session.ts';
import { type Bookkeeping, type FileEntry, readBookkeeping, shortHash, toCursor } from './bookkeeping.ts';
import { hashFile } from './csv/csv-file.ts';
import { CsvError } from './csv/csv-parser.ts';
import { readTable } from './read-table.ts';
import { scanFolder } from './scan.ts';
import type { Settings } from './settings.ts';

/** What is to be done about one stream, by path. */
export interface StreamPlan {
  readonly before: Bookkeeping;
  /** What stays as it is: unchanged files, and those that cannot be read now. */
  readonly kept: Bookkeeping;
  readonly changed: ReadonlySet<string>;
  readonly vanished: readonly string[];
}

/** Files that could not be read, with the reason; told as skips. */
export type SkippedFiles = ReadonlyMap<string, { reason: 'file_unreadable' | 'file_invalid'; message: string }>;

export interface FolderPlan {
  readonly streams: ReadonlyMap<string, StreamPlan>;
  readonly skipped: SkippedFiles;
}

/**
 * Looks at everything before anything is sent: which files changed, whether they are whole, and whether the bookkeeping afterwards fits
 * into a cursor. So a folder that cannot be collected fails without a record, and a broken file sends no half of its rows.
 */
export async function planFolder(session: Session, settings: Settings): Promise<FolderPlan> {
  const paths = await scanFolder(settings);
  const skipped = new Map<string, { reason: 'file_unreadable' | 'file_invalid'; message: string }>();
  const expected = new Map<string, FileEntry>();
  const before = ['files', 'rows']
    .filter((name) => session.wants(name))
    .map((name) => ({ name, ...readBookkeeping(session, name, settings.fingerprint) }));
  for (const relative of paths) {
    try {
      const hash = shortHash(await hashFile(path.join(settings.folder, relative)));
      const known = before.map(({ files, isComparable }) => (isComparable ? files.get(relative) : undefined));
      const isUnchanged = known.every((entry) => entry?.hash === hash);
      expected.set(
        relative,
        isUnchanged ? (known.find((entry) => entry?.rows !== undefined) ?? { hash }) : await validate(settings, relative),
      );
    } catch (error) {
      skipped.set(relative, skipReason(relative, error));
    }
  }
  const streams = before.map(({ name, files, isComparable }): [string, StreamPlan] => {
    const plan = planStream({ before: files, isComparable, expected, skipped });
    toCursor(withoutRows(name, new Map([...plan.kept, ...expected])), settings.fingerprint);
    return [name, plan];
  });
  return { streams: new Map(streams), skipped };
}

interface StreamSituation {
  readonly before: Bookkeeping;
  readonly isComparable: boolean;
  readonly expected: Bookkeeping;
  readonly skipped: SkippedFiles;
}

/** Compares what is remembered with what is there. Pure. */
export function planStream({ before, isComparable, expected, skipped }: StreamSituation): StreamPlan {
  const kept = new Map<string, FileEntry>();
  const changed = new Set<string>();
  for (const [relative, entry] of expected) {
    const known = before.get(relative);
    if (isComparable && known?.hash === entry.hash) kept.set(relative, known);
    else changed.add(relative);
  }
  for (const relative of skipped.keys()) {
    const known = before.get(relative);
    // An entry that other settings made must look changed once the file can be read again.
    if (known !== undefined) kept.set(relative, isComparable ? known : { ...known, hash: '' });
  }
  const vanished = [...before.keys()].filter((relative) => !expected.has(relative) && !skipped.has(relative));
  return { before, kept, changed, vanished };
}

/** The stream `files` remembers no rows. */
export function withoutRows(stream: string, files: Bookkeeping): Bookkeeping {
  return stream === 'rows' ? files : new Map([...files].map(([relative, { hash }]) => [relative, { hash }]));
}

async function validate(settings: Settings, relative: string): Promise<FileEntry> {
  const facts = await readTable(settings, relative, () => undefined);
  return { hash: shortHash(facts.sha256), rows: facts.keys.pack() };
}

function skipReason(relative: string, error: unknown): { reason: 'file_unreadable' | 'file_invalid'; message: string } {
  if (error instanceof CsvError) return { reason: 'file_invalid', message: `${relative}: ${error.message}` };
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
  return { reason: 'file_unreadable', message: `${relative} cannot be read (${code})` };
}
