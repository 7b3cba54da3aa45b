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

/** Stores the hash of a token; the token itself is nowhere. Storing it again changes nothing. */
export async function saveToken(db: Queryable, token: string, subject: TokenSubject, expiresAt: Date | null = null): Promise<void> {
  await db.query(
    `insert into api_tokens (token_hash, subject_kind, subject, owner_type, owner_id, project_id, namespaces, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (token_hash) do nothing`,
    [
      hashToken(token),
      subject.kind,
      subject.subject,
      subject.owner?.type ?? null,
      subject.owner?.id ?? null,
      subject.projectId,
      subject.namespaces,
      expiresAt,
    ],
  );
}

/** The subject of a token that is neither revoked nor expired; null for any other. */
export async function findToken(db: Queryable, token: string): Promise<TokenSubject | null> {
  const { rows } = await db.query(
    `select subject_kind, subject, owner_type, owner_id, project_id, namespaces from api_tokens
     where token_hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
    [hashToken(token)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    kind: row['subject_kind'] as SubjectKind,
    subject: row['subject'] as string,
    owner: row['owner_type'] === null ? null : { type: row['owner_type'] as 'user' | 'group', id: row['owner_id'] as string },
    projectId: row['project_id'] as string | null,
    namespaces: row['namespaces'] as string[] | null,
  };
}

/** Revokes a token at once. False when it was unknown or revoked already. */
export async function revokeToken(db: Queryable, token: string): Promise<boolean> {
  const { rowCount } = await db.query(`update api_tokens set revoked_at = now() where token_hash = $1 and revoked_at is null`, [
    hashToken(token),
  ]);
  return rowCount === 1;
}
