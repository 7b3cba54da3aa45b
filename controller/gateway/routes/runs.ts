import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { terminalStates } from '../../../schemas/run-words.ts';
import { apiError } from '../../apis/errors.ts';
import type { RunRef, RunRow } from '../../apis/runs.ts';
import { AnyItems, AnyObject, answers, connectorParams, connectorUrl, pageLimit, runParams } from '../api-schemas.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { targetOf } from '../request-subject.ts';
import { waitForChange } from '../wait-for-change.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_EVENTS = 1_000;

/** runs, one run, its attempts, events and log. `newest` stands for the id of the newest run. */
export async function runRoutes(server: FastifyInstance, parts: GatewayParts): Promise<void> {
  const config = { permission: 'read' } as const;
  const schema = (summary: string, ok: object, more: object = {}) => ({
    params: runParams,
    summary,
    tags: ['runs'],
    response: answers(ok),
    ...more,
  });
  const listQuery = Type.Object(
    { limit: pageLimit(1_000), continue: Type.Optional(Type.String({ description: 'Id of the last run of the page before.' })) },
    { additionalProperties: false },
  );
  server.get(
    connectorUrl('/runs'),
    { config, schema: { ...schema('Runs of a connector, newest first', AnyItems), params: connectorParams, querystring: listQuery } },
    async (request) => {
      const { limit = 100, continue: before } = request.query as { limit?: number; continue?: string };
      if (before !== undefined && !uuid.test(before)) throw apiError('RequestInvalid', { problem: 'continue: this is no id of a run' });
      const runs = await parts.runs.list((await targetOf(request, parts)).instanceId, { limit, before });
      const last = runs.at(-1);
      return {
        apiVersion: 'v1',
        kind: 'List',
        metadata: runs.length < limit || last === undefined ? {} : { continue: last.runId },
        items: runs.map(parts.showRun),
      };
    },
  );
  const waitQuery = Type.Object(
    {
      wait_seconds: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 60, description: 'Answer only when the run has ended, at the latest after this time.' }),
      ),
    },
    { additionalProperties: false },
  );
  server.get(
    connectorUrl('/runs/:run_id'),
    { config, schema: schema('One run', AnyObject, { querystring: waitQuery }) },
    async (request) => {
      const { wait_seconds = 0 } = request.query as { wait_seconds?: number };
      const { ref, run } = await runOf(request, parts);
      const isOver = (row: RunRow): boolean => (terminalStates as readonly string[]).includes(row.state);
      if (isOver(run) || wait_seconds === 0) return parts.showRun(run);
      const look = async (): Promise<RunRow | null> => {
        const row = await parts.runs.get(ref);
        return row === null || isOver(row) ? row : null;
      };
      return parts.showRun((await waitForChange(look, parts.changes, wait_seconds * 1_000)) ?? (await runOf(request, parts)).run);
    },
  );
  server.get(
    connectorUrl('/runs/:run_id/attempts'),
    { config, schema: schema('Attempts of a run, oldest first', AnyItems) },
    async (request) => {
      const { ref } = await runOf(request, parts);
      return { apiVersion: 'v1', kind: 'List', items: (await parts.runs.attempts(ref)).map(parts.showAttempt) };
    },
  );
  const eventQuery = Type.Object(
    {
      after: Type.Optional(Type.Integer({ minimum: 0, description: 'seq of the last event that was seen.' })),
      limit: pageLimit(MAX_EVENTS),
    },
    { additionalProperties: false },
  );
  server.get(
    connectorUrl('/runs/:run_id/events'),
    { config, schema: schema('Timeline of a run, oldest first', AnyItems, { querystring: eventQuery }) },
    async (request) => {
      const { after = 0, limit = MAX_EVENTS } = request.query as { after?: number; limit?: number };
      const { ref } = await runOf(request, parts);
      return { apiVersion: 'v1', kind: 'List', items: await parts.runs.eventsAfter(ref, after, limit) };
    },
  );
  const logQuery = Type.Object({ attempt: Type.Optional(Type.Integer({ minimum: 1 })) }, { additionalProperties: false });
  server.get(
    connectorUrl('/runs/:run_id/log'),
    { config, schema: schema('The kept, redacted end of what the connector wrote to stderr', AnyObject, { querystring: logQuery }) },
    async (request) => {
      const { attempt } = request.query as { attempt?: number };
      const { ref, run } = await runOf(request, parts);
      const log = await parts.runs.log(ref, attempt);
      return {
        run_id: run.runId,
        state: run.state,
        attempt: log?.attempt ?? run.attempt,
        log: log?.log ?? '',
        bytes_observed: log?.bytesObserved ?? 0,
      };
    },
  );
}

/** The run of the path, under a connector that the subject may see. Throws `NotFound`. */
async function runOf(request: FastifyRequest, parts: GatewayParts): Promise<{ ref: RunRef; run: RunRow }> {
  const { instanceId } = await targetOf(request, parts);
  const { run_id } = request.params as { run_id: string };
  const run =
    run_id === 'newest'
      ? (await parts.runs.list(instanceId, { limit: 1 }))[0]
      : uuid.test(run_id)
        ? await parts.runs.get({ instanceId, runId: run_id })
        : null;
  if (run === null || run === undefined) throw apiError('NotFound', { kind: 'run', name: run_id });
  return { ref: { instanceId, runId: run.runId }, run };
}
