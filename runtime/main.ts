import { fileURLToPath } from 'node:url';
import { systemClock } from '../platform/clock.ts';
import { Fault } from '../platform/errors.ts';
import { systemIds, systemRandom } from '../platform/ids.ts';
import { createLog } from '../platform/log.ts';
import { StartSteps } from '../platform/start-steps.ts';
import { processEnvironment, readRuntimeConfig, runtimeSettings } from './config.ts';
import { closeInheritedDescriptors } from './sandbox/process/inherited-descriptors.ts';
import { serveRuntime } from './serve/serve-runtime.ts';
import { stopRequest } from './serve/stop-request.ts';

/** Text of `--help`: every flag and variable, from the table that also reads them. */
function usage(): string {
  const lines = Object.values(runtimeSettings).map(
    ({ flag, env, description }) => `  ${(flag ?? '').padEnd(12)} ${env.padEnd(33)} ${description}`,
  );
  return `runtime serve [flags]\n\nClaims runs from PostgreSQL and executes their connectors. Stops in order on SIGTERM, SIGINT, or the end of stdin if that is a pipe.\n\n${lines.join('\n')}\n`;
}

/** The connector boundary. Exit code 0 after an orderly stop, 1 when the start failed, 2 for wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  closeInheritedDescriptors();
  const [command, ...flags] = args;
  if (command === 'help' || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage());
    return 0;
  }
  if (command !== 'serve') {
    process.stderr.write(`runtime: unknown command ${command ?? '(none)'}\n\n${usage()}`);
    return 2;
  }
  const env = processEnvironment();
  const config = readRuntimeConfig(flags, env);
  const log = createLog({ role: 'runtime', clock: systemClock, level: config.logLevel, form: process.stderr.isTTY ? 'pretty' : 'json' });
  const steps = new StartSteps(log);
  const stop = stopRequest();
  try {
    const bundledTypes = fileURLToPath(new URL('connectors', import.meta.url));
    const ids = systemIds(systemClock);
    await serveRuntime({ config, env, bundledTypes, clock: systemClock, ids, random: systemRandom, log, steps, stopping: stop.requested });
    await stop.requested;
    return 0;
  } finally {
    await steps.stop();
    stop.release();
  }
}

function tell(error: unknown): number {
  const fault = error instanceof Fault ? error : undefined;
  process.stderr.write(`runtime: ${fault === undefined ? String(error) : `${fault.reason}: ${fault.message}`}\n`);
  if (fault?.hint !== undefined) process.stderr.write(`  ${fault.hint}\n`);
  return fault?.reason === 'ConfigInvalid' ? 2 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch(tell);
