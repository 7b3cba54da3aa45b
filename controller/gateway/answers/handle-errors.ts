import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiError } from '../../apis/errors.ts';
import type { GatewayLog } from '../gateway-parts.ts';
import { errorAnswer } from './error-answer.ts';

/** Makes every error answer a typed one: thrown by handlers, refused by the framework, and routes that are not there. */
export function handleErrors(server: FastifyInstance, log: GatewayLog): void {
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply, log));
  server.setNotFoundHandler((request, reply) => sendError(noRoute(request), request, reply, log));
}

/** Answers an error and logs what is ours to repair. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: GatewayLog): FastifyReply {
  const { status, body, unexpected } = errorAnswer(error, request.id);
  if (unexpected) log.error({ requestId: request.id, route: request.routeOptions?.url, err: error }, 'request failed');
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (status === 503) void reply.header('retry-after', '1');
  // Beyond a bad URL no hook has run: the id is set here too.
  return reply.status(status).header('x-request-id', request.id).type('application/json; charset=utf-8').send(body);
}

function noRoute(request: FastifyRequest): Error {
  return apiError('NotFound', { kind: 'route', name: `${request.method} ${request.url.split('?')[0]}` });
}

/** What is no HTTP at all is answered on the bare socket, in the same form. */
export function answerBadHttp(error: NodeJS.ErrnoException, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const problem = tooLarge ? 'the header is too large' : late ? 'the request did not arrive in time' : 'this is no HTTP request';
  const { body } = errorAnswer(apiError('RequestInvalid', { problem }), requestId);
  const status = tooLarge ? '431 Request Header Fields Too Large' : late ? '408 Request Timeout' : '400 Bad Request';
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}
