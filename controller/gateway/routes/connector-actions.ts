import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ReadConnector } from '../../apis/gateway-ports.ts';
import { requestActor, subjectOf, targetOf } from '../access/request-subject.ts';
import { applyAnswer } from '../answers/apply-answer.ts';
import { connectorParams, connectorUrl, describeRoute, idempotencyHeader, runParams } from '../description/api-schemas.ts';
import type { Gateway, RequestActor } from '../gateway-parts.ts';
import { idempotent } from '../requests/idempotent.ts';
import { runIdOf } from '../requests/run-id.ts';

const summaries = {
  pause: 'Stop the schedule; a running run goes on',
  resume: 'Let the schedule go on',
  reconcile: 'Look at the connector now',
} as const;

const rollbackBody = Type.Object(
  { revision: Type.String({ pattern: '^[0-9a-f]{6,64}$', description: 'A revision, or the beginning of one.' }) },
  { additionalProperties: false },
);

/** delete, pause, resume, reconcile, run, cancel, replay, rollback. */
export async function connectorActionRoutes(server: FastifyInstance, gateway: Gateway): Promise<void> {
  const routes = [...documentActions(gateway), ...scheduleActions(gateway), ...runActions(gateway)];
  for (const { method = 'POST', tail = '', summary, ok, params = connectorParams, body, work } of routes) {
    const more = { params, headers: idempotencyHeader, ...(body === undefined ? {} : { body }) };
    server.route({
      method,
      url: connectorUrl(tail),
      config: { permission: 'manage' },
      schema: describeRoute({ summary, tag: 'connectors', ok, more }),
      handler: async (request) => {
        const target = await targetOf(request, gateway);
        return idempotent(request, gateway, () => work({ request, target, ...requestActor(request) }));
      },
    });
  }
}

/** An action on the connector of the path, which the caller may see and manage. */
interface ActionRoute {
  readonly method?: 'POST' | 'DELETE';
  readonly tail?: string;
  readonly summary: string;
  readonly ok: string;
  readonly params?: object;
  readonly body?: object;
  work(call: RequestActor & { readonly request: FastifyRequest; readonly target: ReadConnector }): Promise<object>;
}

/** What changes the document: a folder's is refused and names the folder. */
function documentActions({ specs }: Gateway): ActionRoute[] {
  return [
    {
      method: 'DELETE',
      summary: 'Remove an uploaded connector by its deletion policy',
      ok: 'ActionResult',
      async work({ target, request }) {
        await specs.remove(target, subjectOf(request), request.id);
        return { result: 'removal_requested' };
      },
    },
    {
      tail: '/rollback',
      summary: 'Apply an accepted revision again',
      ok: 'ApplyResult',
      body: rollbackBody,
      async work({ target, request }) {
        const { revision } = request.body as { revision: string };
        return applyAnswer({ results: [await specs.rollback(target, revision, subjectOf(request), request.id)] });
      },
    },
  ];
}

/** What belongs to the owner whoever has the document. */
function scheduleActions({ actions }: Gateway): ActionRoute[] {
  return (['pause', 'resume', 'reconcile'] as const).map((verb) => ({
    tail: `/${verb}`,
    summary: summaries[verb],
    ok: 'ActionResult',
    work: async ({ target, actor, requestId }) => ({ result: await actions[verb](target, actor, requestId) }),
  }));
}

function runActions(gateway: Gateway): ActionRoute[] {
  const { actions } = gateway;
  return [
    {
      tail: '/run',
      summary: 'Start a run now',
      ok: 'StartedRun',
      work: async ({ target, actor, requestId }) => started(await actions.run(target, actor, requestId)),
    },
    {
      tail: '/cancel',
      summary: 'Cancel the active run',
      ok: 'CancelResult',
      work: async ({ target, actor, requestId }) => cancelled(await actions.cancel(target, null, actor, requestId)),
    },
    {
      tail: '/runs/:run_id/cancel',
      summary: 'Cancel one run',
      ok: 'CancelResult',
      params: runParams,
      work: async ({ target, actor, requestId, request }) =>
        cancelled(await actions.cancel(target, await runIdOf(request, target, gateway), actor, requestId)),
    },
    {
      tail: '/runs/:run_id/replay',
      summary: 'Run a dead-lettered run again',
      ok: 'StartedRun',
      params: runParams,
      work: async ({ target, actor, requestId, request }) =>
        started(await actions.replay(target, await runIdOf(request, target, gateway), actor, requestId)),
    },
  ];
}

function started({ runId, traceId }: { runId: string; traceId: string }): object {
  return { run_id: runId, trace_id: traceId };
}

function cancelled({ runId, result }: { runId: string; result: string }): object {
  return { run_id: runId, result };
}
