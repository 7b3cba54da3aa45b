import type { List } from '../../../schemas/list.ts';
import type { CommandContext } from '../context.ts';
import { type ItemFormat, type OutputForm, printList } from '../print-items.ts';

interface TokenView {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly owner: { readonly type: string; readonly id: string } | null;
  readonly namespaces: readonly string[] | null;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

/** Options of `token create`. */
export interface TokenOptions {
  readonly kind: string;
  /** `user/UUID` or `group/UUID`. */
  readonly owner?: { type: string; id: string };
  readonly project?: string;
  readonly namespaces?: readonly string[];
  readonly ttl?: number;
  readonly output?: string;
}

/** `token create SUBJECT`: the token alone on stdout, so that it can be kept; it is shown this once. */
export async function createToken(subject: string, options: TokenOptions, context: CommandContext): Promise<void> {
  const api = await context.api();
  const { kind, owner, project, namespaces, ttl } = options;
  const json = { kind, subject, owner, project_id: project, namespaces, ttl_seconds: ttl };
  const issued = await api.json<TokenView & { token: string }>({ method: 'POST', path: '/v1/tokens', body: { json } });
  if (options.output === 'json') return context.output.data(JSON.stringify(issued, null, 2));
  context.output.data(issued.token);
  context.output.message(`token ${issued.id} for ${kind} ${subject}: keep it, it is shown this once`);
}

/** `token list`: never the tokens themselves. */
export async function listTokens(options: { output?: OutputForm }, context: CommandContext): Promise<void> {
  const api = await context.api();
  const { items } = await api.json<List<TokenView>>({ path: '/v1/tokens' });
  printList(items, options.output, format(context.clock.now()), context);
}

/** `token revoke ID`: at once. */
export async function revokeToken(id: string, context: CommandContext): Promise<void> {
  const api = await context.api();
  const { result } = await api.json<{ result: string }>({ method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(id)}` });
  context.output.data(`token/${id} ${result}`);
}

function format(now: Date): ItemFormat<TokenView> {
  const state = ({ revoked_at, expires_at }: TokenView): string => {
    if (revoked_at !== null) return 'revoked';
    return expires_at !== null && new Date(expires_at).getTime() <= now.getTime() ? 'expired' : 'valid';
  };
  return {
    columns: [
      { header: 'ID', show: ({ id }) => id },
      { header: 'KIND', show: ({ kind }) => kind },
      { header: 'SUBJECT', show: ({ subject }) => subject },
      { header: 'OWNER', show: ({ owner }) => (owner === null ? '(every owner)' : `${owner.type}/${owner.id}`) },
      { header: 'NAMESPACES', show: ({ namespaces }) => namespaces?.join(',') ?? '(all)' },
      { header: 'EXPIRES', show: ({ expires_at }) => expires_at ?? '-' },
      { header: 'STATE', show: state },
    ],
    name: ({ id }) => `token/${id}`,
    none: 'No tokens.',
  };
}
