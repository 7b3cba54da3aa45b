import type { FastifyRequest } from 'fastify';
import { apiError } from '../../apis/errors.ts';
import type { ReadConnector, Subject } from '../../apis/gateway-ports.ts';
import type { Gateway, RequestActor } from '../gateway-parts.ts';
import { actorOf, visibilityOf } from './access.ts';

/** The subject of an authorized request. */
export function subjectOf(request: FastifyRequest): Subject {
  if (request.subject === null) throw apiError('Unauthenticated');
  return request.subject;
}

/** Who asks, as audit rows keep it. */
export function requestActor(request: FastifyRequest): RequestActor {
  return { actor: actorOf(subjectOf(request)), requestId: request.id };
}

/** Path parameters of one connector. */
export interface ConnectorParams {
  readonly namespace: string;
  readonly name: string;
}

/** The connector of the path as the subject may see it. Throws `NotFound` for one that is absent and for one that is foreign, alike. */
export async function targetOf(request: FastifyRequest, gateway: Pick<Gateway, 'connectors'>): Promise<ReadConnector> {
  const { namespace, name } = request.params as ConnectorParams;
  const found = await gateway.connectors.get({ namespace, name }, visibilityOf(subjectOf(request)));
  if (found === null) throw apiError('NotFound', { kind: 'connector', name: `${namespace}/${name}` });
  return found;
}
