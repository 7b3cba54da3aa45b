import { ConnectorFailure } from '../sdk/failure.ts';
import type { Session } from '../sdk/session.ts';
import { type Bookkeeping, type FileEntry, shortHash, toCursor } from './bookkeeping.ts';
import { CsvError } from './csv/csv-parser.ts';
import { type FolderPlan, type StreamPlan, planFolder, withoutRows } from './plan.ts';
import { type TableFacts, readTable } from './read-table.ts';
import { unpackRowKeys } from './row-keys.ts';
import type { Settings } from './settings.ts';

const progressEvery = 50_000;

/** One run: look at the whole folder, tell what is skipped, send what changed, delete what vanished, remember. */
export async function collectFolder(session: Session, settings: Settings): Promise<void> {
  const plan = await planFolder(session, settings);
  const told = session.wants('rows') ? 'rows' : 'files';
  for (const { reason, message } of plan.skipped.values()) await session.skip(told, reason, message, 'manual_action_required');

  const entries = await sendChanged(session, settings, plan);
  for (const [stream, streamPlan] of plan.streams) {
    for (const relative of streamPlan.vanished) await removeFile(session, stream, relative, streamPlan.before.get(relative));
    const files = withoutRows(stream, new Map([...streamPlan.kept, ...(entries.get(stream) ?? [])]));
    if (isNews(session, stream, streamPlan)) await session.checkpoint(stream, toCursor(files, settings.fingerprint));
  }
}

function isNews(session: Session, stream: string, { changed, vanished }: StreamPlan): boolean {
  return session.cursor(stream) === null || changed.size + vanished.length > 0;
}

async function sendChanged(session: Session, settings: Settings, { streams }: FolderPlan): Promise<Map<string, Map<string, FileEntry>>> {
  const entries = new Map([...streams.keys()].map((name) => [name, new Map<string, FileEntry>()]));
  const changed = new Set([...streams.values()].flatMap((plan) => [...plan.changed]));
  for (const relative of changed) {
    const sends = (stream: string) => streams.get(stream)?.changed.has(relative) ?? false;
    const facts = await sendRows(session, settings, relative, sends('rows'));
    const entry = { hash: shortHash(facts.sha256), rows: facts.keys.pack() };
    if (sends('rows')) await removeVanishedRows(session, relative, facts, streams.get('rows')?.before);
    if (sends('files')) await session.record('files', relative, fileRecord(relative, facts));
    for (const [stream, made] of entries) if (sends(stream)) made.set(relative, entry);
  }
  return entries;
}

async function sendRows(session: Session, settings: Settings, relative: string, isWanted: boolean): Promise<TableFacts> {
  let count = 0;
  try {
    return await readTable(settings, relative, async (row) => {
      if (!isWanted) return;
      await session.record('rows', [relative, row.row], { path: relative, ...row });
      count += 1;
      if (count % progressEvery === 0) await session.progress(`${relative}: ${count} rows`, { stream: 'rows', count });
    });
  } catch (error) {
    if (!(error instanceof CsvError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const message = `${relative} changed while it was read`;
    throw new ConnectorFailure({ code: 'file_changed', message, retryable: true, cause: error });
  }
}

async function removeVanishedRows(
  session: Session,
  relative: string,
  { keys }: TableFacts,
  before: Bookkeeping | undefined,
): Promise<void> {
  for (const row of unpackRowKeys(before?.get(relative)?.rows ?? 'lines:')) {
    if (!keys.has(row)) await session.remove('rows', [relative, row]);
  }
}

async function removeFile(session: Session, stream: string, relative: string, entry: FileEntry | undefined): Promise<void> {
  if (stream === 'files') return session.remove('files', relative);
  for (const row of unpackRowKeys(entry?.rows ?? 'lines:')) await session.remove('rows', [relative, row]);
}

function fileRecord(relative: string, { size, sha256, rows, modified }: TableFacts): Readonly<Record<string, unknown>> {
  return { path: relative, size, sha256, rows, modified };
}
