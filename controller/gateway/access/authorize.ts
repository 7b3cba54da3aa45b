import type { FastifyRequest } from 'fastify';
import { apiError } from '../../apis/errors.ts';
import type { Subject } from '../../apis/gateway-ports.ts';
import type { TokenDoor } from '../gateway-parts.ts';
import { may, type Permission } from './access.ts';

const bearer = /^Bearer ([A-Za-z0-9._~+/=-]{16,512})$/i;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the token was found; routes below /v1 always have it. */
    subject: Subject | null;
  }
  interface FastifyContextConfig {
    /** What the subject needs. */
    permission?: Permission;
    /** Answers without a token: probes, metrics, the API's own description. */
    open?: boolean;
  }
}

/** Every route says who may call it; one that says nothing does not start. */
export function requireAccessRule(route: { url: string; config?: { permission?: Permission; open?: boolean } }): void {
  if (route.config?.open !== true && route.config?.permission === undefined) {
    throw new Error(`route ${route.url} says neither which permission it needs nor that it is open`);
  }
}

/** Authenticate, then authorize; each fails closed. Runs before the body is read. */
export async function authorize(request: FastifyRequest, tokens: Pick<TokenDoor, 'find'>): Promise<void> {
  const { open, permission } = request.routeOptions.config;
  if (open === true || request.is404) return;
  const token = bearer.exec(request.headers.authorization ?? '')?.[1];
  const subject = token === undefined ? null : await tokens.find(token);
  if (subject === null) throw apiError('Unauthenticated');
  if (permission === undefined || !may(subject, permission)) throw apiError('Forbidden', { action: permission ?? 'do that' });
  request.subject = subject;
}
