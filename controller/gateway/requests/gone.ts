import type { FastifyReply } from 'fastify';

/** Aborted when the client has gone or the server stops, whichever is first. */
export function goneSignal(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  if (reply.raw.destroyed) gone.abort();
  else reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, closing]);
}
