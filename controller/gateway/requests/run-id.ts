import type { FastifyRequest } from 'fastify';
import { apiError } from '../../apis/errors.ts';
import type { ReadConnector } from '../../apis/gateway-ports.ts';
import type { RunRow } from '../../apis/runs.ts';
import type { Gateway } from '../gateway-parts.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Skipped ticks are rows too, and may be many in a row. */
const LOOKED_AT = 50;

/** Whether a text is an id of a run, as far as one can see. */
export function isRunId(text: string): boolean {
  return uuid.test(text);
}

/** The run of the path: its id, or that of the newest run for `newest`. Throws `NotFound` for what cannot be one. */
export async function runIdOf(
  request: FastifyRequest,
  { instanceId, view }: ReadConnector,
  { runs }: Pick<Gateway, 'runs'>,
): Promise<string> {
  const { run_id } = request.params as { run_id: string };
  if (isRunId(run_id)) return run_id.toLowerCase();
  const newest = run_id === 'newest' ? newestOf(await runs.list(instanceId, { limit: LOOKED_AT })) : undefined;
  if (newest !== undefined) return newest.runId;
  const name = run_id === 'newest' ? `of ${view.metadata.name} yet` : run_id;
  throw apiError('NotFound', { kind: 'run', name });
}

/** The newest that ran; a skipped tick only when there is nothing else. */
function newestOf(runs: readonly RunRow[]): RunRow | undefined {
  return runs.find(({ state }) => state !== 'skipped') ?? runs[0];
}
