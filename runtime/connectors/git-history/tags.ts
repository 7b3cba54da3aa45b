import { ConnectorFailure } from '../sdk/failure.ts';
import { type Session, maxCursorBytes } from '../sdk/session.ts';
import type { Git } from './git.ts';
import type { Repository } from './repository.ts';

const nul = 0;
const fieldSeparator = '\u001f';
const formats = [
  'refname:lstrip=2',
  'objectname',
  'objecttype',
  '*objectname',
  '*objecttype',
  'taggername',
  'taggeremail:trim',
  'taggerdate:iso8601-strict',
  'contents',
];

/** The cursor holds the start of each tag's object id: 64 bits tell a moved tag from an unmoved one. */
type TagCursor = Readonly<Record<string, string>>;
const digestLength = 16;

interface Tag extends Readonly<Record<string, unknown>> {
  readonly name: string;
}

/** Sends the tags that are new or moved and deletes those that are gone. */
export async function collectTags(session: Session, repository: Repository): Promise<void> {
  const stored = (session.storedCursor('tags')?.['tags'] ?? {}) as TagCursor;
  const current = await listTags(repository.git);
  const cursor = Object.fromEntries([...current].map(([name, objectId]) => [name, objectId.slice(0, digestLength)]));
  await refuseTooMany(session, cursor);

  const isFull = session.cursor('tags') === null;
  const changed = new Set(Object.keys(cursor).filter((name) => isFull || stored[name] !== cursor[name]));
  const gone = Object.keys(stored).filter((name) => !(name in cursor));
  for (const name of gone) await session.remove('tags', name);
  if (changed.size > 0) await sendTags(session, repository.git, changed);
  if (session.storedCursor('tags') === null || changed.size + gone.length > 0) await session.checkpoint('tags', { tags: cursor });
}

async function listTags(git: Git): Promise<Map<string, string>> {
  const tags = new Map<string, string>();
  for await (const part of git.split(['for-each-ref', `--format=%(refname:lstrip=2)%1f%(objectname)%00`, 'refs/tags'], nul)) {
    const [name, objectId] = part.toString('utf8').trimStart().split(fieldSeparator);
    if (name !== undefined && objectId !== undefined) tags.set(name, objectId);
  }
  return tags;
}

async function sendTags(session: Session, git: Git, changed: ReadonlySet<string>): Promise<void> {
  const format = `--format=${formats.map((name) => `%(${name})`).join('%1f')}%00`;
  for await (const part of git.split(['for-each-ref', format, 'refs/tags'], nul)) {
    const tag = parseTag(part.toString('utf8').replace(/^\n/, ''));
    if (tag !== undefined && changed.has(tag.name)) await session.record('tags', tag.name, tag);
  }
}

function parseTag(text: string): Tag | undefined {
  const [name, objectId, type, targetId, targetType, taggerName, taggerEmail, taggedAt, ...message] = text.split(fieldSeparator);
  if (name === undefined || objectId === undefined) return undefined;
  const annotated = type === 'tag';
  return {
    name,
    target: annotated ? targetId : objectId,
    target_type: annotated ? targetType : type,
    annotated,
    tagger_name: taggerName || null,
    tagger_email: taggerEmail || null,
    tagged_at: taggedAt || null,
    message: annotated ? message.join(fieldSeparator).trim() : null,
  };
}

// A certified failure of this stream alone (protocol A13), so that the commits still advance.
async function refuseTooMany(session: Session, cursor: TagCursor): Promise<void> {
  const size = Buffer.byteLength(JSON.stringify({ tags: cursor }));
  if (size <= maxCursorBytes) return;
  const message = `${Object.keys(cursor).length} tags need a cursor of ${size} bytes; at most ${maxCursorBytes} are kept. Collect the stream commits alone`;
  await session.skip('tags', 'stream_collection_failed', message, 'manual_action_required');
  throw new ConnectorFailure({ code: 'stream_collection_failed', message, recoveryHint: 'manual_action_required' });
}
