import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { subjectOf } from '../access/request-subject.ts';
import type { Gateway } from '../gateway-parts.ts';

/** `Idempotency-Key`: a repeat of the same request by the same subject gets the first answer and does nothing. Without one the work is done. */
export async function idempotent<T>(request: FastifyRequest, { idempotency }: Gateway, work: () => Promise<T>): Promise<T> {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') return work();
  const body = request.body instanceof Uint8Array ? request.body : JSON.stringify(request.body ?? null);
  const requestHash = createHash('sha256').update(`${request.method} ${request.url}\n`).update(body).digest('hex');
  return idempotency.once({ subject: subjectKey(request), key, requestHash }, work);
}

/** Two tokens share keys only when they are the same subject with the same reach; the answer of one is nothing for the other. */
function subjectKey(request: FastifyRequest): string {
  const { kind, subject, owner, projectId, namespaces } = subjectOf(request);
  return createHash('sha256')
    .update(JSON.stringify([kind, subject, owner, projectId, namespaces]))
    .digest('hex');
}
