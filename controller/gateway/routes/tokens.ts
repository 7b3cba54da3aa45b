import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { UUID_PATTERN } from '../../../schemas/fields/formats.ts';
import { apiError } from '../../apis/errors.ts';
import type { Subject } from '../../apis/gateway-ports.ts';
import { requestActor } from '../access/request-subject.ts';
import { describeRoute } from '../description/api-schemas.ts';
import type { Gateway, TokenRow } from '../gateway-parts.ts';

const strict = { additionalProperties: false } as const;
const MAX_TTL_SECONDS = 10 * 365 * 86_400;
const issueBody = Type.Object(
  {
    kind: Type.Enum(['operator', 'owner_session', 'owner_agent', 'client', 'device'], { type: 'string' }),
    subject: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: '^[^\\u0000-\\u001f]+$',
      description: 'Who will use it, for audit rows.',
    }),
    owner: Type.Optional(
      Type.Object({ type: Type.Enum(['user', 'group'], { type: 'string' }), id: Type.String({ pattern: UUID_PATTERN }) }, strict),
    ),
    project_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\u0000]+$' })),
    namespaces: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 63, pattern: '^[^\\u0000]+$' }), {
        minItems: 1,
        maxItems: 1_000,
        description: 'Every namespace if left out.',
      }),
    ),
    ttl_seconds: Type.Optional(
      Type.Integer({ minimum: 60, maximum: MAX_TTL_SECONDS, description: 'Valid for this long; until revoked if left out.' }),
    ),
  },
  strict,
);
interface IssueBody {
  readonly kind: Subject['kind'];
  readonly subject: string;
  readonly owner?: { type: 'user' | 'group'; id: string };
  readonly project_id?: string;
  readonly namespaces?: string[];
  readonly ttl_seconds?: number;
}

/** Tokens: issue, list, revoke. A token is shown once, when it is issued; only its hash is kept. */
export async function tokenRoutes(server: FastifyInstance, { tokens }: Gateway): Promise<void> {
  const config = { permission: 'operate' } as const;
  const describe = (summary: string, ok: string, more: object = {}) => describeRoute({ summary, tag: 'tokens', ok, more });
  server.get('/v1/tokens', { config, schema: describe('List tokens', 'TokenList') }, async () => ({
    apiVersion: 'v1',
    kind: 'List',
    items: (await tokens.list()).map(showToken),
  }));
  server.post('/v1/tokens', { config, schema: describe('Issue a token', 'IssuedToken', { body: issueBody }) }, async (request) => {
    const { ttl_seconds, ...body } = request.body as IssueBody;
    const { token, ...row } = await tokens.issue(subjectToBe(body), ttl_seconds ?? null, requestActor(request));
    return { token, ...showToken(row) };
  });
  const params = Type.Object({ id: Type.String({ maxLength: 36 }) }, strict);
  server.delete('/v1/tokens/:id', { config, schema: describe('Revoke a token at once', 'ActionResult', { params }) }, async (request) => {
    const { id } = request.params as { id: string };
    if (!new RegExp(UUID_PATTERN).test(id)) throw apiError('NotFound', { kind: 'token', name: id });
    return { result: (await tokens.revoke(id, requestActor(request))) ? 'revoked' : 'unchanged' };
  });
}

/** Only an operator acts without an owner, and an operator acts for every owner: it has none. */
function subjectToBe({ kind, subject, owner, project_id, namespaces }: IssueBody): Subject {
  if (kind === 'operator' && (owner !== undefined || project_id !== undefined))
    throw apiError('RequestInvalid', { problem: 'an operator acts for every owner: leave owner and project_id out' });
  if (kind !== 'operator' && owner === undefined) throw apiError('RequestInvalid', { problem: `owner: a token of kind ${kind} needs one` });
  const ownerId = owner === undefined ? null : { type: owner.type, id: owner.id.toLowerCase() };
  return { kind, subject, owner: ownerId, projectId: project_id ?? null, namespaces: namespaces ?? null };
}

function showToken({ id, kind, subject, owner, projectId, namespaces, createdAt, createdBy, expiresAt, revokedAt }: TokenRow): object {
  return {
    id,
    kind,
    subject,
    owner,
    project_id: projectId,
    namespaces,
    created_at: createdAt,
    created_by: createdBy,
    expires_at: expiresAt,
    revoked_at: revokedAt,
  };
}
