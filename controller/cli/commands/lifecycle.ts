import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';

/** `pause NAME` and `resume NAME`: the schedule stops or goes on; a running run is left alone. */
export async function setPaused(name: string, verb: 'pause' | 'resume', context: CommandContext): Promise<void> {
  const api = await context.api();
  const ref = connectorRef(name, context.namespace);
  const { result } = await api.json<{ result: string }>({ method: 'POST', path: connectorPath(ref, `/${verb}`), body: { json: {} } });
  context.output.data(`connector/${ref.name} ${result}`);
  if (result === 'unchanged') context.output.message(`there was nothing to ${verb}: it has no schedule, or is ${verb}d already`);
}

/** `rollback NAME --to REVISION`: applies an accepted revision again. */
export async function rollback(name: string, revision: string, context: CommandContext): Promise<void> {
  const api = await context.api();
  const ref = connectorRef(name, context.namespace);
  await api.send({ method: 'POST', path: connectorPath(ref, '/rollback'), body: { json: { revision } } });
  context.output.data(`connector/${ref.name} rolled back to ${revision.slice(0, 12)}`);
}

/** `source release NAME`: the source lets its documents go, so that another door may take them over. */
export async function releaseSource(source: string, context: CommandContext): Promise<void> {
  const { released } = await onSource<{ released: number }>(source, 'release', context);
  context.output.data(`source/${source} released ${released} documents`);
}

/** `source confirm NAME`: carries out a mass removal that waits for confirmation. */
export async function confirmRemoval(source: string, context: CommandContext): Promise<void> {
  const { confirmed } = await onSource<{ confirmed: number }>(source, 'confirm', context);
  context.output.data(`source/${source}: removal of ${confirmed} documents confirmed`);
}

async function onSource<Answer>(source: string, verb: string, context: CommandContext): Promise<Answer> {
  const api = await context.api();
  return api.json<Answer>({ method: 'POST', path: `/v1/sources/${encodeURIComponent(source)}/${verb}`, body: { json: {} } });
}
