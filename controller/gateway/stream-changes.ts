import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConnectorChange, ConnectorQuery, Visibility } from '../apis/gateway-ports.ts';
import type { GatewayParts } from './gateway-parts.ts';

/** What one watch needs. */
export interface WatchRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly parts: GatewayParts;
  readonly visibility: Visibility;
  readonly query: ConnectorQuery;
}

/** A quiet stream says so now and then, so that neither side takes the other for dead, in milliseconds. */
const BOOKMARK_MS = 15_000;
/** Changes are looked up at most this often, in milliseconds. */
const PACE_MS = 100;

/**
 * Server-sent events as in a Kubernetes watch: ADDED for what there is, then ADDED, MODIFIED, DELETED and BOOKMARK as they come, until
 * the client goes. A slow reader is waited for; what it misses meanwhile comes as one change an object.
 */
export async function streamChanges(watch: WatchRequest): Promise<void> {
  const { request, reply, parts, visibility, query } = watch;
  let position = await parts.connectors.position();
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-request-id': request.id });
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const wake = new Wake();
  const unsubscribe = parts.changes.subscribe(() => wake.up());
  try {
    await sendInitial(watch, gone.signal);
    while (!gone.signal.aborted) {
      const answer = await parts.connectors.changesSince(position, visibility);
      position = answer.position;
      for (const change of answer.changes) if (matches(change, query)) await send(reply, change.type, objectOf(change));
      if (!(await wake.wait(BOOKMARK_MS, gone.signal)))
        await send(reply, 'BOOKMARK', { kind: 'Connector', metadata: { resourceVersion: position } });
      else await wake.pause(PACE_MS, gone.signal);
    }
  } catch {
    // The client went, or the database did; either way the stream ends and a client asks again.
  } finally {
    unsubscribe();
    reply.raw.end();
  }
}

async function sendInitial({ reply, parts, query }: WatchRequest, signal: AbortSignal): Promise<void> {
  let after = query.after;
  do {
    const page = await parts.connectors.list({ ...query, after });
    for (const item of page.items) await send(reply, 'ADDED', item.view);
    after = page.next;
  } while (after !== null && !signal.aborted);
}

function matches(change: ConnectorChange, query: ConnectorQuery): boolean {
  const namespace = change.type === 'DELETED' ? change.namespace : (change.connector.view.metadata.namespace ?? 'default');
  if (query.namespace !== undefined && query.namespace !== namespace) return false;
  return change.type === 'DELETED' || query.type === undefined || change.connector.view.spec.type === query.type;
}

function objectOf(change: ConnectorChange): object {
  if (change.type !== 'DELETED') return change.connector.view;
  const { namespace, name, uid, resourceVersion } = change;
  return { kind: 'Connector', metadata: { namespace, name, uid, resourceVersion }, spec: {}, status: {} };
}

async function send(reply: FastifyReply, type: string, object: object): Promise<void> {
  if (reply.raw.write(`data: ${JSON.stringify({ type, object })}\n\n`)) return;
  await new Promise<void>((resolve) => {
    reply.raw.once('drain', resolve);
    reply.raw.once('close', resolve);
  });
}

/** Waits for a call, a time, or the end. */
class Wake {
  #called = false;
  #resolve: (() => void) | null = null;

  up(): void {
    this.#called = true;
    this.#resolve?.();
  }

  /** True when called, now or since the last wait. */
  async wait(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#called) await this.pause(ms, signal);
    const called = this.#called;
    this.#called = false;
    return called;
  }

  pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#resolve = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#resolve = done;
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}
