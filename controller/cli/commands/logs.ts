import { setTimeout as sleep } from 'node:timers/promises';
import { terminalStates } from '../../../schemas/run-words.ts';
import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';

interface LogAnswer {
  readonly run_id: string;
  readonly attempt: number;
  readonly state: string;
  readonly log: string;
}

const LOOK_AGAIN_MS = 1_000;
/** What was shown is found again in the kept end of a log by its last characters. */
const MEMORY = 400;

/** `logs NAME [--run ID] [-f]`: what the connector wrote to stderr, redacted, on stdout. Follows one run, through its attempts. */
export async function printLog(name: string, options: { run?: string; follow?: boolean }, context: CommandContext): Promise<void> {
  const api = await context.api();
  const base = connectorPath(connectorRef(name, context.namespace), '/runs/');
  let run = options.run ?? 'newest';
  let shown = { attempt: 0, log: '' };
  for (;;) {
    const answer = await api.json<LogAnswer>({ path: `${base}${encodeURIComponent(run)}/log` });
    run = answer.run_id;
    await context.output.raw(freshPart(answer.attempt === shown.attempt ? shown.log : '', answer.log));
    shown = answer;
    if (!options.follow || (terminalStates as readonly string[]).includes(answer.state)) break;
    await sleep(LOOK_AGAIN_MS);
  }
  if (shown.log !== '' && !shown.log.endsWith('\n')) await context.output.raw('\n');
}

/** What of a log was not shown yet. Only the end of a log is kept, so what was shown may have lost its beginning. */
export function freshPart(shown: string, log: string): string {
  if (log.startsWith(shown)) return log.slice(shown.length);
  const tail = shown.slice(-MEMORY);
  const at = log.lastIndexOf(tail);
  return at < 0 ? log : log.slice(at + tail.length);
}
