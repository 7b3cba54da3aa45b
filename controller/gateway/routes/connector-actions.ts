import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ReadConnector } from '../../apis/gateway-ports.ts';
import type { Actor } from '../../apis/rows.ts';
import { actorOf } from '../access.ts';
import { AnyObject, answers, connectorParams, connectorUrl, runParams } from '../api-schemas.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { subjectOf, targetOf } from '../request-subject.ts';

/** Who acts, on what. */
interface Action {
  readonly target: ReadConnector;
  readonly actor: Actor;
  readonly requestId: string;
}

/** delete, pause, resume, reconcile, run, cancel, replay, rollback. */
export async function connectorActionRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const config = { permission: 'manage' } as const;
  const schema = (summary: string, params: object = connectorParams) => ({
    params,
    summary,
    tags: ['connectors'],
    response: answers(AnyObject),
  });
  const on = async (request: FastifyRequest): Promise<Action> => ({
    target: await targetOf(request, parts),
    actor: actorOf(subjectOf(request)),
    requestId: request.id,
  });

  server.delete(connectorUrl(), { config, schema: schema('Remove an uploaded connector by its deletion policy') }, async (request) => {
    const { target } = await on(request);
    await parts.specs.remove(target, subjectOf(request), request.id);
    return { result: 'removal_requested' };
  });
  for (const verb of ['pause', 'resume', 'reconcile'] as const) {
    server.post(connectorUrl(`/${verb}`), { config, schema: schema(summaries[verb]) }, async (request) => {
      const { target, actor, requestId } = await on(request);
      await parts.actions[verb](target, actor, requestId);
      return { result: verb };
    });
  }
  server.post(connectorUrl('/run'), { config, schema: schema('Start a run now') }, async (request) => {
    const { target, actor, requestId } = await on(request);
    const { runId, traceId } = await parts.actions.run(target, actor, requestId);
    return { run_id: runId, trace_id: traceId };
  });
  server.post(connectorUrl('/cancel'), { config, schema: schema('Cancel the active run') }, async (request) => {
    const { target, actor, requestId } = await on(request);
    const { runId, result } = await parts.actions.cancel(target, null, actor, requestId);
    return { run_id: runId, result };
  });
  server.post(connectorUrl('/runs/:run_id/cancel'), { config, schema: schema('Cancel one run', runParams) }, async (request) => {
    const { target, actor, requestId } = await on(request);
    const { runId, result } = await parts.actions.cancel(target, runIdOf(request), actor, requestId);
    return { run_id: runId, result };
  });
  server.post(
    connectorUrl('/runs/:run_id/replay'),
    { config, schema: schema('Run a dead-lettered run again', runParams) },
    async (request) => {
      const { target, actor, requestId } = await on(request);
      const { runId, traceId } = await parts.actions.replay(target, runIdOf(request), actor, requestId);
      return { run_id: runId, trace_id: traceId };
    },
  );
  const rollbackBody = Type.Object(
    { revision: Type.String({ minLength: 6, maxLength: 64, pattern: '^[0-9a-f]+$' }) },
    { additionalProperties: false },
  );
  server.post(
    connectorUrl('/rollback'),
    { config, schema: { ...schema('Apply an accepted revision again'), body: rollbackBody } },
    async (request) => {
      const { target } = await on(request);
      const { revision } = request.body as { revision: string };
      return { results: [await parts.specs.rollback(target, revision, subjectOf(request), request.id)] };
    },
  );
}

const summaries = {
  pause: 'Stop the schedule; a running run goes on',
  resume: 'Let the schedule go on',
  reconcile: 'Look at the connector now',
} as const;

function runIdOf(request: FastifyRequest): string {
  return (request.params as { run_id: string }).run_id;
}
