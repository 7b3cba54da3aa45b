import { setTimeout as sleep } from 'node:timers/promises';
import type { List } from '../../../schemas/list.ts';
import { terminalStates } from '../../../schemas/run-words.ts';
import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import { age, relativeTime, table } from '../output.ts';

/** A run as the API shows it. */
export interface RunView {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly attempt: number;
  readonly trigger: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly recordsEmitted: number;
  readonly streams: readonly { name: string; records: number }[];
}

/** The API answers at most this many runs at a time. */
const PAGE = 1_000;

/** `runs NAME`: newest first. */
export async function listRuns(name: string, options: { output?: string; limit?: number }, context: CommandContext): Promise<void> {
  const runs = await readRuns(connectorPath(connectorRef(name, context.namespace), '/runs'), options.limit, context);
  if (options.output === 'json') return context.output.data(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: runs }, null, 2));
  if (runs.length === 0) return context.output.message('No runs yet.');
  const now = context.clock.now();
  const columns = [
    { header: 'ID', show: (run: RunView) => run.id },
    { header: 'STATE', show: (run: RunView) => run.state },
    { header: 'REASON', show: (run: RunView) => run.reason ?? '-' },
    { header: 'TRIGGER', show: (run: RunView) => run.trigger },
    { header: 'ATTEMPT', show: (run: RunView) => String(run.attempt) },
    { header: 'RECORDS', show: (run: RunView) => String(run.recordsEmitted) },
    { header: 'STARTED', show: (run: RunView) => relativeTime(run.startedAt, now) },
    { header: 'TOOK', show: (run: RunView) => took(run) },
  ];
  context.output.data(table(columns, runs, context.output.colour));
}

/** One page as the server has it, or as many as are asked for. */
async function readRuns(path: string, limit: number | undefined, context: CommandContext): Promise<RunView[]> {
  const api = await context.api();
  const runs: RunView[] = [];
  let next: string | undefined;
  do {
    const wanted = limit === undefined ? undefined : Math.min(PAGE, limit - runs.length);
    const page: List<RunView> = await api.json({ path, query: { limit: wanted, continue: next } });
    runs.push(...page.items);
    next = page.metadata?.continue;
  } while (limit !== undefined && next !== undefined && runs.length < limit);
  return runs;
}

function took(run: RunView): string {
  if (run.startedAt === null || run.finishedAt === null) return '-';
  return age(new Date(run.startedAt), new Date(run.finishedAt));
}

/** `run NAME [--wait]`: starts a manual run; with `--wait` the exit code tells whether it succeeded. */
export async function startRun(name: string, options: { wait?: boolean; output?: string }, context: CommandContext): Promise<void> {
  const api = await context.api();
  const path = connectorPath(connectorRef(name, context.namespace));
  const started = await api.json<{ run_id: string; trace_id: string }>({ method: 'POST', path: `${path}/run`, body: { json: {} } });
  if (!options.wait) return context.output.data(options.output === 'json' ? JSON.stringify(started) : started.run_id);
  const run = await untilTerminal(`${path}/runs/${started.run_id}`, context);
  context.output.data(options.output === 'json' ? JSON.stringify(run, null, 2) : run.id);
  const end = `run ${run.id} ${run.state}${run.reason === null ? '' : `: ${run.reason}`}${run.message === null ? '' : `: ${run.message}`}`;
  if (run.state !== 'succeeded') throw new CommandFailure(end);
  context.output.message(`${end}, ${run.recordsEmitted} records`);
}

/** Asks until the run has ended; each question is held by the server until something happened, so this polls rarely. */
async function untilTerminal(path: string, context: CommandContext): Promise<RunView> {
  const api = await context.api();
  for (;;) {
    const run = await api.json<RunView>({ path, query: { wait_seconds: 20 } });
    if ((terminalStates as readonly string[]).includes(run.state)) return run;
    await sleep(50);
  }
}

/** `cancel NAME [--run ID]`: asks the active run to end. */
export async function cancelRun(name: string, options: { run?: string }, context: CommandContext): Promise<void> {
  const api = await context.api();
  const path = connectorPath(connectorRef(name, context.namespace));
  const answer = await api.json<{ run_id: string; result: string }>({
    method: 'POST',
    path: options.run === undefined ? `${path}/cancel` : `${path}/runs/${encodeURIComponent(options.run)}/cancel`,
    body: { json: {} },
  });
  context.output.message(`run ${answer.run_id}: ${answer.result}`);
}

/** `events NAME [--run ID]`: the durable timeline of a run. */
export async function printEvents(name: string, options: { run?: string; output?: string }, context: CommandContext): Promise<void> {
  const api = await context.api();
  const path = connectorPath(connectorRef(name, context.namespace), `/runs/${encodeURIComponent(options.run ?? 'newest')}/events`);
  const page = await api.json<List<{ seq: number; at: string; attempt: number; type: string; data: unknown }>>({ path });
  if (options.output === 'json') return context.output.data(JSON.stringify(page, null, 2));
  const columns = [
    { header: 'AT', show: (event: (typeof page.items)[number]) => event.at },
    { header: 'ATTEMPT', show: (event: (typeof page.items)[number]) => String(event.attempt) },
    { header: 'TYPE', show: (event: (typeof page.items)[number]) => event.type },
    { header: 'DATA', show: (event: (typeof page.items)[number]) => JSON.stringify(event.data).slice(0, 120) },
  ];
  context.output.data(table(columns, page.items, context.output.colour));
}
