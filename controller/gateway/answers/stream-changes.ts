import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConnectorView } from '../../../schemas/connector.ts';
import type { ConnectorChange, ConnectorQuery } from '../../apis/gateway-ports.ts';
import { authorize } from '../access/authorize.ts';
import type { Gateway } from '../gateway-parts.ts';
import { goneSignal } from '../requests/gone.ts';
import { matchesLabels } from '../requests/label-selector.ts';
import { errorAnswer } from './error-answer.ts';
import { EventStream } from './event-stream.ts';
import { Wake } from './wake.ts';

/** What one watch needs. */
export interface WatchRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly gateway: Gateway;
  readonly query: ConnectorQuery;
}

/** A quiet stream says so now and then, so that neither side takes the other for dead, in milliseconds. */
const BOOKMARK_MS = 15_000;
/** Changes are looked up at most this often, in milliseconds. */
const PACE_MS = 100;
/** Marks the bookmark after what there was at the start, as Kubernetes does. */
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

/**
 * Server-sent events as in a Kubernetes watch: ADDED for what there is, a BOOKMARK that ends it, then ADDED, MODIFIED, DELETED and BOOKMARK
 * as they come, until the client goes, its token is revoked or the server stops; ERROR says why it ends early. A slow reader is waited for;
 * what it misses meanwhile comes as one change an object. An object that no longer matches the query is DELETED for this watch.
 */
export async function streamChanges(watch: WatchRequest): Promise<void> {
  const { request, reply, gateway } = watch;
  const position = await gateway.connectors.position();
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-request-id': request.id });
  const signal = goneSignal(reply, gateway.closing);
  const events = new EventStream(reply.raw, signal);
  const wake = new Wake();
  const unsubscribe = gateway.changes.subscribe(() => wake.up());
  try {
    const shown = await sendInitial(watch, events);
    await events.send('BOOKMARK', bookmark(position, INITIAL_EVENTS_END));
    await follow(watch, { events, wake, shown, position, signal });
  } catch (error) {
    const { body, unexpected } = errorAnswer(error, request.id);
    if (unexpected) gateway.log.error({ requestId: request.id, err: error }, 'watch failed');
    await events.send('ERROR', body.error);
  } finally {
    unsubscribe();
    reply.raw.end();
  }
}

/** Sends what there is; answers the uids of what was sent. */
async function sendInitial({ gateway, query }: WatchRequest, events: EventStream): Promise<Set<string>> {
  const shown = new Set<string>();
  let after = query.after;
  do {
    const page = await gateway.connectors.list({ ...query, after });
    for (const { uid, view } of page.items) {
      shown.add(uid);
      await events.send('ADDED', view);
    }
    after = page.next;
  } while (after !== null && !events.isOver);
  return shown;
}

interface Following {
  readonly events: EventStream;
  readonly wake: Wake;
  /** What the client was shown: of nothing else it hears that it is gone. */
  readonly shown: Set<string>;
  position: string;
  readonly signal: AbortSignal;
}

async function follow(watch: WatchRequest, following: Following): Promise<void> {
  const { request, gateway, query } = watch;
  const { events, wake, signal, shown } = following;
  while (!events.isOver) {
    const { changes, position } = await gateway.connectors.changesSince(following.position, query.visibility);
    following.position = position;
    const news = changes.flatMap((change) => eventOf(change, query, shown));
    // A token that was revoked meanwhile sees nothing more.
    if (news.length > 0) await authorize(request, gateway.tokens);
    for (const { type, object } of news) await events.send(type, object);
    if (await wake.wait(BOOKMARK_MS, signal)) await wake.pause(PACE_MS, signal);
    else if (!events.isOver) {
      await authorize(request, gateway.tokens);
      await events.send('BOOKMARK', bookmark(following.position));
    }
  }
}

/** The event of a change for this watch, if there is one; keeps `shown` up to date. */
function eventOf(change: ConnectorChange, query: ConnectorQuery, shown: Set<string>): { type: string; object: object }[] {
  if (change.type === 'DELETED') {
    const { namespace, name, uid, resourceVersion } = change;
    return shown.delete(uid) ? [{ type: 'DELETED', object: goneObject({ namespace, name, uid, resourceVersion }) }] : [];
  }
  const { uid, view } = change.connector;
  if (!matches(view, query)) return shown.delete(uid) ? [{ type: 'DELETED', object: view }] : [];
  const type = shown.has(uid) ? 'MODIFIED' : 'ADDED';
  shown.add(uid);
  return [{ type, object: view }];
}

function matches({ metadata, spec }: ConnectorView, { namespace, type, labels }: ConnectorQuery): boolean {
  if (namespace !== undefined && namespace !== (metadata.namespace ?? 'default')) return false;
  return (type === undefined || spec.type === type) && matchesLabels(metadata.labels ?? {}, labels);
}

function goneObject(metadata: object): object {
  return { kind: 'Connector', metadata, spec: {}, status: {} };
}

function bookmark(resourceVersion: string, annotations?: Record<string, string>): object {
  return { kind: 'Connector', metadata: { resourceVersion, ...(annotations === undefined ? {} : { annotations }) } };
}
