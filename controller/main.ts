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

/**
 * Runs drain and are handed over in 18 s; what takes longer waits for a database that does not answer. Service managers kill after 30 s
 * or more, which is as safe, but tells nothing.
 */
const STOP_MS = 28_000;
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
    if (!(await endsWithin(stopAll(steps, started), STOP_MS))) {
      log.warn({}, 'the stop takes too long and is cut short: what this process held is taken over');
      process.exit(1);
    }
  }
}

/** Undoes the start. One that is still under way ends at its next step, and that step is undone too. */
async function stopAll(steps: StartSteps, started: Promise<void>): Promise<void> {
  await steps.stop();
  await started.catch(() => undefined);
  await steps.stop();
}

async function endsWithin(work: Promise<void>, ms: number): Promise<boolean> {
  const patience = new AbortController();
  const late = sleep(ms, false, { signal: patience.signal }).catch(() => false);
  const ended = await Promise.race([work.then(() => true), late]);
  patience.abort();
  return ended;
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
