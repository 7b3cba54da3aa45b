import { createHash } from 'node:crypto';
import type { Queryable } from '../queryable.ts';

/** Kinds of subject that a token can stand for. */
export type SubjectKind = 'operator' | 'owner_session' | 'owner_agent' | 'client' | 'device';

/** Who a token stands for and what it may reach. Only an operator acts without an owner. */
export interface TokenSubject {
  readonly kind: SubjectKind;
  readonly subject: string;
  readonly owner: { readonly type: 'user' | 'group'; readonly id: string } | null;
  readonly projectId: string | null;
  /** Null: every namespace. */
  readonly namespaces: readonly string[] | null;
}

/** sha256 of a token, hex; tokens are 32 random bytes or more, so that no salt is needed. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** What is kept of a token: never the token itself, nor its hash. */
export interface TokenRow extends TokenSubject {
  readonly id: string;
  readonly createdAt: Date;
  /** Who issued it; null for the token of the first start. */
  readonly createdBy: Record<string, unknown> | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** A token that somebody issues. */
export interface NewToken extends TokenSubject {
  readonly token: string;
  /** Null: until revoked. */
  readonly ttlSeconds: number | null;
  readonly createdBy: Record<string, unknown>;
}

const TOKEN_COLUMNS =
  'token_id, subject_kind, subject, owner_type, owner_id, project_id, namespaces, created_at, created_by, expires_at, revoked_at';

/** Stores the hash of a token; the token itself is nowhere. Storing it again changes nothing. */
export async function saveToken(db: Queryable, token: string, subject: TokenSubject, expiresAt: Date | null = null): Promise<void> {
  await db.query(
    `insert into api_tokens (token_hash, subject_kind, subject, owner_type, owner_id, project_id, namespaces, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (token_hash) do nothing`,
    [...subjectValues(token, subject), expiresAt],
  );
}

/** Stores the hash of a token that somebody issues, and answers what is kept of it. */
export async function issueToken(db: Queryable, issued: NewToken): Promise<TokenRow> {
  const { rows } = await db.query(
    `insert into api_tokens (token_hash, subject_kind, subject, owner_type, owner_id, project_id, namespaces, expires_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, now() + $8::bigint * interval '1 second', $9) returning ${TOKEN_COLUMNS}`,
    [...subjectValues(issued.token, issued), issued.ttlSeconds, JSON.stringify(issued.createdBy)],
  );
  return decodeToken(rows[0] as Record<string, unknown>);
}

function subjectValues(token: string, { kind, subject, owner, projectId, namespaces }: TokenSubject): unknown[] {
  return [hashToken(token), kind, subject, owner?.type ?? null, owner?.id ?? null, projectId, namespaces];
}

/** The subject of a token that is neither revoked nor expired; null for any other. */
export async function findToken(db: Queryable, token: string): Promise<TokenSubject | null> {
  const { rows } = await db.query(
    `select subject_kind, subject, owner_type, owner_id, project_id, namespaces from api_tokens
     where token_hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
    [hashToken(token)],
  );
  return rows[0] === undefined ? null : decodeSubject(rows[0]);
}

/** Every token, revoked and expired ones too, oldest first. */
export async function listTokens(db: Queryable): Promise<TokenRow[]> {
  const { rows } = await db.query(`select ${TOKEN_COLUMNS} from api_tokens order by created_at, token_id`);
  return rows.map(decodeToken);
}

/** Revokes a token at once. False when it was unknown or revoked already. */
export async function revokeToken(db: Queryable, token: string): Promise<boolean> {
  const { rowCount } = await db.query(`update api_tokens set revoked_at = now() where token_hash = $1 and revoked_at is null`, [
    hashToken(token),
  ]);
  return rowCount === 1;
}

/** Revokes a token at once. False when it was revoked already, null when there is none of that id. */
export async function revokeTokenById(db: Queryable, id: string): Promise<boolean | null> {
  const { rows } = await db.query(
    `with known as (select revoked_at from api_tokens where token_id = $1 for update),
          revoked as (update api_tokens set revoked_at = now() where token_id = $1 and revoked_at is null)
     select revoked_at is null as revoked from known`,
    [id],
  );
  return rows[0] === undefined ? null : (rows[0]['revoked'] as boolean);
}

function decodeSubject(row: Record<string, unknown>): TokenSubject {
  return {
    kind: row['subject_kind'] as SubjectKind,
    subject: row['subject'] as string,
    owner: row['owner_type'] === null ? null : { type: row['owner_type'] as 'user' | 'group', id: row['owner_id'] as string },
    projectId: row['project_id'] as string | null,
    namespaces: row['namespaces'] as string[] | null,
  };
}

function decodeToken(row: Record<string, unknown>): TokenRow {
  return {
    id: row['token_id'] as string,
    ...decodeSubject(row),
    createdAt: row['created_at'] as Date,
    createdBy: row['created_by'] as Record<string, unknown> | null,
    expiresAt: row['expires_at'] as Date | null,
    revokedAt: row['revoked_at'] as Date | null,
  };
}
