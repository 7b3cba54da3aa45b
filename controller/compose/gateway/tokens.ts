import { randomBytes } from 'node:crypto';
import { apiError } from '../../apis/errors.ts';
import type { TokenDoor } from '../../gateway/gateway-parts.ts';
import { findToken, issueToken, listTokens, revokeTokenById } from '../../store/access/tokens.ts';
import { appendAudit } from '../../store/audit.ts';
import type { Database } from '../../store/queryable.ts';

const TOKEN_BYTES = 32;

/** Tokens over PostgreSQL; issue and revocation are audited in the transaction that does them. */
export function composeTokens(db: Database): TokenDoor {
  return {
    find: (token) => findToken(db, token),
    list: () => listTokens(db),
    async issue(subject, ttlSeconds, { actor, requestId }) {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      const row = await db.transaction(async (tx) => {
        await appendAudit(tx, [{ actor, action: `token.issue.${subject.kind}`, outcome: 'carried_out', name: subject.subject, requestId }]);
        return issueToken(tx, { ...subject, token, ttlSeconds, createdBy: { ...actor } });
      });
      return { ...row, token };
    },
    revoke: (id, { actor, requestId }) =>
      db.transaction(async (tx) => {
        const revoked = await revokeTokenById(tx, id);
        if (revoked === null) throw apiError('NotFound', { kind: 'token', name: id });
        await appendAudit(tx, [{ actor, action: 'token.revoke', outcome: revoked ? 'carried_out' : 'unchanged', name: id, requestId }]);
        return revoked;
      }),
  };
}
