import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { terminalStates } from '../../../schemas/run-words.ts';
import { apiError } from '../../apis/errors.ts';
import type { RunRef, RunRow } from '../../apis/runs.ts';
import { targetOf } from '../access/request-subject.ts';
import { waitForChange } from '../answers/wait-for-change.ts';
import { connectorParams, connectorUrl, describeRoute, pageLimit, query, runParams, sequenceNumber } from '../description/api-schemas.ts';
import type { Gateway } from '../gateway-parts.ts';
import { goneSignal } from '../requests/gone.ts';
import { isRunId, runIdOf } from '../requests/run-id.ts';

const MAX_RUNS = 1_000;
const MAX_EVENTS = 1_000;

const listQuery = query({
  limit: pageLimit(MAX_RUNS),
  continue: Type.Optional(Type.String({ maxLength: 36, description: 'metadata.continue of the page before: the id of its last run.' })),
});
const waitQuery = query({
  wait_seconds: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 60, description: 'Answer only when the run has ended, at the latest after this time.' }),
  ),
});
const eventQuery = query({ after: sequenceNumber('seq of the last event that was seen.'), limit: pageLimit(MAX_EVENTS) });
const logQuery = query({ attempt: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })) });

/** runs, one run, its attempts, events and log. `newest` stands for the id of the newest run. */
export async function runRoutes(server: FastifyInstance, gateway: Gateway): Promise<void> {
  const config = { permission: 'read' } as const;
  const describe = (summary: string, ok: string, more: object = {}) =>
    describeRoute({ summary, tag: 'runs', ok, more: { params: runParams, ...more } });
  server.get(
    connectorUrl('/runs'),
    { config, schema: describe('Runs of a connector, newest first', 'RunList', { params: connectorParams, querystring: listQuery }) },
    async (request) => listRuns(request, gateway),
  );
  server.get(
    connectorUrl('/runs/:run_id'),
    { config, schema: describe('One run', 'Run', { querystring: waitQuery }) },
    async (request, reply) => {
      const { wait_seconds = 0 } = request.query as { wait_seconds?: number };
      const { ref, run } = await runOf(request, gateway);
      if (isOver(run) || wait_seconds === 0) return gateway.showRun(run);
      const look = async (): Promise<RunRow | null> => {
        const row = await gateway.runs.get(ref);
        return row === null || isOver(row) ? row : null;
      };
      const patience = { maxMs: wait_seconds * 1_000, signal: goneSignal(reply, gateway.closing) };
      const ended = await waitForChange(look, gateway.changes, patience);
      return gateway.showRun(ended ?? (await runOf(request, gateway)).run);
    },
  );
  server.get(
    connectorUrl('/runs/:run_id/attempts'),
    { config, schema: describe('Attempts of a run, oldest first', 'RunAttemptList') },
    async (request) => list((await gateway.runs.attempts((await runOf(request, gateway)).ref)).map(gateway.showAttempt)),
  );
  server.get(
    connectorUrl('/runs/:run_id/events'),
    { config, schema: describe('Timeline of a run, oldest first', 'RunEventList', { querystring: eventQuery }) },
    async (request) => {
      const { after = 0, limit = MAX_EVENTS } = request.query as { after?: number; limit?: number };
      return list(await gateway.runs.eventsAfter((await runOf(request, gateway)).ref, after, limit));
    },
  );
  server.get(
    connectorUrl('/runs/:run_id/log'),
    { config, schema: describe('The kept, redacted end of what the connector wrote to stderr', 'RunLog', { querystring: logQuery }) },
    async (request) => {
      const { attempt } = request.query as { attempt?: number };
      const { ref, run } = await runOf(request, gateway);
      const kept = await gateway.runs.log(ref, attempt);
      return {
        run_id: run.runId,
        state: run.state,
        attempt: kept?.attempt ?? attempt ?? run.attempt,
        log: kept?.log ?? '',
        bytes_observed: kept?.bytesObserved ?? 0,
      };
    },
  );
}

function isOver(run: RunRow): boolean {
  return (terminalStates as readonly string[]).includes(run.state);
}

function list(items: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'List', items };
}

/** One item more than asked for tells whether there is another page. */
async function listRuns(request: FastifyRequest, gateway: Gateway): Promise<object> {
  const { limit = 100, continue: before } = request.query as { limit?: number; continue?: string };
  if (before !== undefined && !isRunId(before)) throw apiError('RequestInvalid', { problem: 'continue: this is no id of a run' });
  const { instanceId } = await targetOf(request, gateway);
  const found = await gateway.runs.list(instanceId, { limit: limit + 1, before });
  const page = found.slice(0, limit);
  const next = found.length > limit ? { continue: page.at(-1)?.runId } : {};
  return { apiVersion: 'v1', kind: 'List', metadata: next, items: page.map(gateway.showRun) };
}

/** The run of the path, under a connector that the subject may see. Throws `NotFound`. */
async function runOf(request: FastifyRequest, gateway: Gateway): Promise<{ ref: RunRef; run: RunRow }> {
  const target = await targetOf(request, gateway);
  const ref = { instanceId: target.instanceId, runId: await runIdOf(request, target, gateway) };
  const run = await gateway.runs.get(ref);
  if (run === null) throw apiError('NotFound', { kind: 'run', name: ref.runId });
  return { ref, run };
}
