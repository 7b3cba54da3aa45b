import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Ids } from '../../platform/ids.ts';
import { type Log, readableLine } from '../../platform/log.ts';
import { startEmbedded } from '../../platform/postgres/embedded/start-embedded.ts';
import { runtimeFlags } from '../../platform/runtime-flags.ts';
import type { StartSteps } from '../../platform/start-steps.ts';
import { startController } from '../compose/controller.ts';
import type { Config } from '../config.ts';
import { makeDataFolder } from './data-folder.ts';
import { keepDatabase } from './keep-database.ts';
import { ensureOperatorToken } from './operator-token.ts';
import { showConnectors } from './show-connectors.ts';
import { RuntimeSupervisor } from './supervise-runtime.ts';
import type { TerminalView } from './terminal-view.ts';
import { tellIsolation } from './tell-isolation.ts';

/** What `serve` is started with. */
export interface ServeParts {
  readonly config: Config;
  /** Environment that the runtime inherits; the control plane reads nothing of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of documents count from here. */
  readonly baseFolder: string;
  readonly view: TerminalView;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly random: Random;
  readonly version: string;
  readonly steps: StartSteps;
}

/** Beside this file, compiled or not, the runtime lies in the same form. */
const runtimeMain = fileURLToPath(new URL(`../../runtime/main${extname(import.meta.url)}`, import.meta.url));
const SUPERVISION = { restartMs: 500, restartMaxMs: 5_000, stopMs: 18_000 };

/** Everything on one machine: PostgreSQL, the controller in this process, the runtime in one of its own, a table in the terminal. */
export async function serve(parts: ServeParts): Promise<void> {
  const { config, env, view, clock, log, steps } = parts;
  await makeDataFolder(config.dataFolder);
  const databaseUrl = config.databaseUrl ?? (await startDatabase(parts));
  const controller = await startController({ ...parts, databaseUrl });
  const runtime = new RuntimeSupervisor(
    {
      argv: [process.execPath, ...runtimeFlags, runtimeMain, 'serve'],
      env: runtimeEnvironment(env, { databaseUrl, dataFolder: config.dataFolder, baseFolder: parts.baseFolder }),
      ...SUPERVISION,
      ...(view.takesLog ? { onLine: (line: string) => view.log(readableLine(line)) } : {}),
    },
    clock,
    log,
  );
  runtime.start();
  steps.done('runtime', () => runtime.stop());
  const clientFile = await ensureOperatorToken(controller.db, config.dataFolder, controller.server);
  view.say(`connector-controller ${parts.version}`);
  view.say(`API      ${controller.server} (described at ${controller.server}/openapi.json)`);
  view.say(`token    in ${clientFile}`);
  view.say(`watching ${config.watch.join(', ')}`);
  view.say('next     npx connectorctl get connectors');
  const told = tellIsolation({ view, clock, log, random: parts.random, db: controller.db, pid: () => runtime.pid });
  const shown = showConnectors(view, controller);
  steps.done('terminal view', async () => {
    shown.stop();
    await told.stop();
  });
}

/** Environment of the runtime: ours with the database and folders of this start; a base folder that the user named stays. Pure. */
export function runtimeEnvironment(
  env: ServeParts['env'],
  { databaseUrl, dataFolder, baseFolder }: { databaseUrl: string; dataFolder: string; baseFolder: string },
): Record<string, string | undefined> {
  return { CONNECTOR_BASEDIR: baseFolder, ...env, DATABASE_URL: databaseUrl, CONNECTOR_DATA: dataFolder };
}

/** The embedded server, kept alive; it is only stopped by whoever owns it. */
async function startDatabase({ config, clock, log, random, steps }: ServeParts): Promise<string> {
  const options = { dataFolder: join(config.dataFolder, 'postgres'), clock, log };
  const database = await keepDatabase({ start: () => startEmbedded(options), clock, log, random });
  steps.done('PostgreSQL', () => database.stop());
  return database.url;
}
