/** What one commit says, as the `commits` stream declares it. */
export interface Commit extends Readonly<Record<string, unknown>> {
  readonly sha: string;
}

interface Person {
  readonly name: string;
  readonly email: string;
  readonly at: string | null;
}

/**
 * Reads one part of `git rev-list --header`: the commit's id, its header lines, an empty line, the message indented by four spaces.
 * Text that is not UTF-8 although the commit says so has its bad bytes replaced by U+FFFD.
 */
export function parseCommit(part: Buffer): Commit {
  const text = part.toString('utf8');
  const split = text.indexOf('\n\n');
  const [sha = '', ...header] = (split < 0 ? text : text.slice(0, split)).split('\n');
  const named = (name: string) => header.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const author = parsePerson(named('author')[0] ?? '');
  const committer = parsePerson(named('committer')[0] ?? '');
  return {
    sha,
    tree: named('tree')[0] ?? '',
    parents: named('parent'),
    author_name: author.name,
    author_email: author.email,
    authored_at: author.at,
    committer_name: committer.name,
    committer_email: committer.email,
    committed_at: committer.at,
    ...splitMessage(split < 0 ? '' : text.slice(split + 2)),
    signed: header.some((line) => line.startsWith('gpgsig')),
  };
}

/** `Name <email> 1700000000 +0100`; the time is null when it is missing or outside what a date can hold. */
export function parsePerson(line: string): Person {
  const match = /^(.*?) ?<([^>]*)>(?: (-?\d+) ([+-]\d{4}))?/.exec(line);
  if (match === null) return { name: line, email: '', at: null };
  const [, name = '', email = '', seconds, offset] = match;
  return { name, email, at: seconds === undefined || offset === undefined ? null : localTime(Number(seconds), offset) };
}

function localTime(seconds: number, offset: string): string | null {
  const minutes = (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3)));
  const local = new Date((seconds + minutes * 60) * 1000);
  const year = local.getUTCFullYear();
  // RFC 3339 has four digits for the year and hours below 24 in the offset.
  if (!(year >= 0 && year <= 9999) || Math.abs(minutes) >= 1440 || Number(offset.slice(3)) >= 60) return null;
  return `${local.toISOString().slice(0, 19)}${offset.slice(0, 3)}:${offset.slice(3)}`;
}

function splitMessage(indented: string): { subject: string; body: string } {
  const message = indented.replaceAll(/^ {4}/gm, '').trim();
  const end = message.search(/\n\s*\n/);
  const subject = end < 0 ? message : message.slice(0, end);
  return { subject: subject.replaceAll(/\s*\n\s*/g, ' '), body: end < 0 ? '' : message.slice(end).trim() };
}
