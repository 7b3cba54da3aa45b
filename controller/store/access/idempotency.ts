import type { Queryable } from '../queryable.ts';

/** What a repeated request finds under its key. */
export type IdempotencyClaim =
  /** First of its kind: carry it out, then `saveResponse`, or `releaseKey` when nothing was done. */
  | { outcome: 'first' }
  /** The same request was answered before. */
  | { outcome: 'answered'; response: unknown }
  /** The same request is still under way. */
  | { outcome: 'in_flight' }
  /** The key was used for another request. */
  | { outcome: 'reused' };

/** A request of a subject under a key. */
export interface IdempotentRequest {
  readonly subject: string;
  readonly key: string;
  /** Digest of what was asked. */
  readonly requestHash: string;
  /** The answer is remembered this long, in milliseconds. */
  readonly ttlMs: number;
}

/** A request that has not answered by then died with its process, and whoever repeats it is first again. */
const ABANDONED = `interval '2 minutes'`;

/** Claims a key; one that has expired or was abandoned counts as new. Atomic: of two equal requests one is first. */
export async function claimKey(db: Queryable, request: IdempotentRequest): Promise<IdempotencyClaim> {
  const { subject, key, requestHash, ttlMs } = request;
  const taken = await db.query(
    `insert into idempotency_keys as k (subject, key, request_hash, expires_at) values ($1, $2, $3, now() + $4 * interval '1 millisecond')
     on conflict (subject, key) do update set request_hash = excluded.request_hash, response = null, created_at = now(),
       expires_at = excluded.expires_at
       where k.expires_at <= now() or (k.response is null and k.created_at <= now() - ${ABANDONED})
     returning key`,
    [subject, key, requestHash, ttlMs],
  );
  if (taken.rows.length > 0) return { outcome: 'first' };
  const { rows } = await db.query(`select request_hash, response from idempotency_keys where subject = $1 and key = $2`, [subject, key]);
  const row = rows[0];
  if (row === undefined) return claimKey(db, request); // swept in between
  if (row['request_hash'] !== requestHash) return { outcome: 'reused' };
  return row['response'] === null ? { outcome: 'in_flight' } : { outcome: 'answered', response: row['response'] };
}

/** Keeps the answer for repeats. */
export async function saveResponse(db: Queryable, subject: string, key: string, response: unknown): Promise<void> {
  await db.query(`update idempotency_keys set response = $3 where subject = $1 and key = $2`, [subject, key, JSON.stringify(response)]);
}

/** Frees a key whose request did nothing, so that it can be tried again. */
export async function releaseKey(db: Queryable, subject: string, key: string): Promise<void> {
  await db.query(`delete from idempotency_keys where subject = $1 and key = $2 and response is null`, [subject, key]);
}

/** Removes keys whose time is over. */
export async function sweepKeys(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(`delete from idempotency_keys where expires_at <= now()`);
  return rowCount ?? 0;
}
