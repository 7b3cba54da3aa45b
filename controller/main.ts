import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../platform/clock.ts';
import { Fault } from '../platform/errors.ts';
import { systemIds, systemRandom } from '../platform/ids.ts';
import { createLog } from '../platform/log.ts';
import { StartSteps } from '../platform/start-steps.ts';
import { controllerSettings, processEnvironment, readConfig } from './config.ts';
import { serve } from './serve/serve.ts';
import { type Screen, TerminalView } from './serve/terminal-view.ts';

/** A start that does not come to its next step within this time after a stop is left behind. */
const START_END_MS = 10_000;
const root = fileURLToPath(new URL('..', import.meta.url));

/** Text of `--help`: every flag and variable, from the table that also reads them. */
function usage(): string {
  const lines = Object.values(controllerSettings).map(
    ({ flag, env, description }) => `  ${(flag ?? '').padEnd(12)} ${env.padEnd(36)} ${description}`,
  );
  return `connector-controller serve [flags]\n\nRuns everything on one machine: PostgreSQL, controller, runtime.\n\n${lines.join('\n')}\n`;
}

/**
 * The program. `serve` runs until SIGINT or SIGTERM, then stops in order; a signal that comes again forces nothing, since a terminal and
 * npm both send one. Exit code 0 after an orderly stop, 1 when the start failed, 2 for wrong usage.
 */
async function main(args: readonly string[]): Promise<number> {
  const [command, ...flags] = args;
  if (command === 'help' || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage());
    return 0;
  }
  if (command !== 'serve') {
    process.stderr.write(`connector-controller: unknown command ${command ?? '(none)'}\n\n${usage()}`);
    return 2;
  }
  const env = processEnvironment();
  const config = readConfig(flags, env, `${root}examples`);
  const view = new TerminalView(processScreen());
  const log = createLog({
    role: 'controller',
    clock: systemClock,
    level: config.logLevel,
    form: process.stderr.isTTY ? 'pretty' : 'json',
    ...(view.takesLog ? { write: (line: string) => view.log(line) } : {}),
  });
  const steps = new StartSteps(log);
  const stopped = untilSignal();
  let started = Promise.resolve();
  const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { version: string };
  try {
    const parts = {
      config,
      env,
      baseFolder: process.cwd(),
      view,
      clock: systemClock,
      ids: systemIds(systemClock),
      log,
      random: systemRandom,
      version,
      steps,
    };
    started = serve(parts);
    await Promise.race([started.then(() => stopped), stopped]);
    return 0;
  } finally {
    await steps.stop();
    // A start that is still under way ends at its next step, and that step is undone too.
    const ended = await endOf(started);
    await steps.stop();
    if (!ended) process.exit();
  }
}

/** Waits for a start, however it ends, but not for ever: it may hang in a database that does not answer. */
async function endOf(start: Promise<void>): Promise<boolean> {
  const patience = new AbortController();
  const ended = start.catch(() => undefined).then(() => true);
  const result = await Promise.race([ended, sleep(START_END_MS, false, { signal: patience.signal }).catch(() => false)]);
  patience.abort();
  return result;
}

function processScreen(): Screen {
  const isTerminal = process.stdout.isTTY === true;
  return {
    write: (text) => void process.stdout.write(text),
    isTerminal,
    sharesLog: isTerminal && process.stderr.isTTY === true,
    columns: () => process.stdout.columns,
  };
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

function tell(error: unknown): number {
  const fault = error instanceof Fault ? error : undefined;
  process.stderr.write(`connector-controller: ${fault === undefined ? String(error) : `${fault.reason}: ${fault.message}`}\n`);
  if (fault?.hint !== undefined) process.stderr.write(`  ${fault.hint}\n`);
  return fault?.reason === 'ConfigInvalid' ? 2 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch(tell);
