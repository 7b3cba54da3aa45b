import { join } from 'node:path';
import { startHeartbeat } from '../../platform/beat/heartbeat.ts';
import { ownIdentity } from '../../platform/beat/identity.ts';
import { openPool } from '../../platform/postgres/connect.ts';
import type { Sandbox } from '../apis/sandbox.ts';
import { openSandbox } from '../sandbox/sandbox.ts';
import { executeRun } from '../run/execute-run.ts';
import { RunPool } from '../run/run-pool.ts';
import { createRunQueue } from '../store/postgres/queue/run-queue.ts';
import { openRunParts } from './open-run-parts.ts';
import type { ServeParts } from './serve-parts.ts';
import { startLoops } from './start-loops.ts';

/** Connections beside heartbeat and listener: flushes of all runs share them, so their number bounds the load on the database. */
const MAX_CONNECTIONS = 12;
/** A claimed run has this long until START is written. */
const START_DEADLINE_MS = 60_000;

/**
 * Starts a runtime: database pool, sandbox, heartbeat, loops. Resolves when runs are claimed, or when it is to stop before that. The
 * steps undo it in the reverse order: claims stop and runs drain first, the pool is closed last.
 */
export async function serveRuntime(parts: ServeParts): Promise<void> {
  const { config, clock, log, random, steps } = parts;
  const processId = parts.ids.uuid();
  // A takeover ends the sessions of a lost runtime by this name.
  const db = openPool(config.databaseUrl, { name: `cc-runtime-${processId}`, max: MAX_CONNECTIONS, log });
  steps.done('database pool', () => db.end());
  const { maxRuns, maxRunsPerNamespace, maxRunsPerType } = config;
  const queue = createRunQueue(db, { maxRuns, maxRunsPerNamespace, maxRunsPerType, startDeadlineMs: START_DEADLINE_MS }, log);
  const sandbox = await openRunSandbox(parts);
  steps.done('sandbox', () => sandbox.close());
  const runParts = openRunParts(parts, { db, sandbox });
  const pool = new RunPool({ processId, queue, slots: config.slots, execute: (run, stop) => executeRun(run, stop, runParts) });
  const heartbeat = startHeartbeat({
    url: config.databaseUrl,
    identity: await ownIdentity(processId),
    role: 'runtime',
    facts: { isolation: sandbox.isolation },
    clock,
    log,
    onBeatLost: () => {
      log.warn({ process: processId, runs: pool.size }, 'no beat could be written, connectors are ended');
      pool.abandon();
    },
  });
  steps.done('heartbeat', () => heartbeat.stop());
  await Promise.race([heartbeat.first, parts.stopping]);
  startLoops({ url: config.databaseUrl, processId, pool, queue, drainMs: config.drainSeconds * 1_000, clock, random, log, steps });
  log.info({ process: processId, slots: config.slots, isolation: sandbox.isolation.method }, 'runtime is ready');
}

async function openRunSandbox({ config, env, log }: ServeParts): Promise<Sandbox> {
  const sandbox = await openSandbox({
    runsFolder: join(config.dataFolder, 'runs'),
    hiddenPaths: [config.dataFolder, config.secretsFolder],
    hostEnvironment: env,
  });
  const { isolated, ...facts } = sandbox.isolation;
  if (!isolated) log.warn(facts, 'connectors are not isolated from this host');
  return sandbox;
}
