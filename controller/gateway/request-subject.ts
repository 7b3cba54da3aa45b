import type { FastifyRequest } from 'fastify';
import { apiError } from '../apis/errors.ts';
import type { ReadConnector, Subject } from '../apis/gateway-ports.ts';
import { visibilityOf } from './access.ts';
import type { GatewayParts } from './gateway-parts.ts';

/** The subject of an authorized request. */
export function subjectOf(request: FastifyRequest): Subject {
  if (request.subject === null) throw apiError('Unauthenticated');
  return request.subject;
}

/** Path parameters of one connector. */
export interface ConnectorParams {
  readonly namespace: string;
  readonly name: string;
}

/** The connector of the path as the subject may see it. Throws `NotFound` for one that is absent and for one that is foreign, alike. */
export async function targetOf(request: FastifyRequest, parts: GatewayParts): Promise<ReadConnector> {
  const { namespace, name } = request.params as ConnectorParams;
  const found = await parts.connectors.get({ namespace, name }, visibilityOf(subjectOf(request)));
  if (found === null) throw apiError('NotFound', { kind: 'connector', name: `${namespace}/${name}` });
  return found;
}
