import { apiError } from '../../apis/errors.ts';
import type { ObjectKey } from '../../apis/ports.ts';

/** Where the next page begins, as an opaque token. */
export function pageToken(after: ObjectKey): string {
  return Buffer.from(JSON.stringify([after.namespace, after.name])).toString('base64url');
}

/** Reads a token of `pageToken`. Throws `RequestInvalid` for any other text. */
export function readPageToken(token: string): ObjectKey {
  try {
    const [namespace, name] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as [unknown, unknown];
    if (isText(namespace) && isText(name)) return { namespace, name };
  } catch {
    // Told below, like every other text that is no token.
  }
  throw apiError('RequestInvalid', { problem: 'continue: this is no token of an earlier page' });
}

/** PostgreSQL takes no NUL. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0');
}
