import { fileURLToPath } from 'node:url';
import type { Random } from '../../platform/backoff.ts';
import { startHeartbeat } from '../../platform/beat/heartbeat.ts';
import { ownIdentity } from '../../platform/beat/identity.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Log } from '../../platform/log.ts';
import { drainLoops, type Loop } from '../../platform/loop.ts';
import { openPool, type Pool } from '../../platform/postgres/connect.ts';
import { migrate } from '../../platform/postgres/migrate.ts';
import type { StartSteps } from '../../platform/start-steps.ts';
import type { Config } from '../config.ts';
import { listen } from '../gateway/listen.ts';
import { buildServer } from '../gateway/server.ts';
import type { SourceHealth } from '../sources/source-health.ts';
import { databaseOf } from '../store/database.ts';
import type { Database } from '../store/queryable.ts';
import { readRuntimes } from '../store/processes/runtimes.ts';
import { createRunControls } from '../store/runs/run-controls.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { startCatalogLoop } from './catalog-loop.ts';
import { ChangeHub } from './change-hub.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type Desired, composeDesired } from './desired.ts';
import { composeGateway } from './gateway.ts';
import { judgeReadiness } from './readiness.ts';
import { startSources } from './sources.ts';

/** What a controller is started with. */
export interface ControllerParts {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly random: Random;
  readonly version: string;
  /** Takes the way back of each step. */
  readonly steps: StartSteps;
}

/** A running controller. */
export interface Controller {
  readonly db: Database;
  readonly changes: ChangeHub;
  /** Base URL of the API. */
  readonly server: string;
}

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));
const POOL_SIZE = 12;
/** Loops by which readiness is judged: the queue of reconciliation, the schedules and the takeover of lost runs. */
const WATCHED: ReadonlySet<string> = new Set(['reconcile', 'schedule', 'takeover']);
const LOOP_PATIENCE_MS = 60_000;
const STOP_MS = 10_000;

/**
 * Starts the control plane against a database: migrations, beat, catalog, loops, API, doors, in this order; the way back is the reverse.
 * Any number of controllers share one database.
 */
export async function startController(parts: ControllerParts): Promise<Controller> {
  const { config, databaseUrl, clock, ids, log, random, steps } = parts;
  const identity = await ownIdentity(ids.uuid());
  const pool = openPool(databaseUrl, { name: `cc-controller-${identity.processId}`, max: POOL_SIZE, log });
  steps.done('database pool', () => pool.end());
  const migrated = await migrate(pool, migrationsFolder);
  if (migrated.applied.length > 0) log.info({ migrations: migrated.applied }, 'database migrated');
  const heartbeat = startHeartbeat({
    url: databaseUrl,
    identity,
    role: 'controller',
    clock,
    log,
    onBeatLost: () => log.warn({}, 'own heartbeat could not be written'),
  });
  steps.done('heartbeat', () => heartbeat.stop());
  await heartbeat.first;
  const db = databaseOf(pool);
  const changes = new ChangeHub();
  const metrics = new Metrics();
  const desired = composeDesired({ db, ids, clock, config, onDocument: (outcome) => metrics.documents.inc({ outcome }) });
  const catalogLoop = await startCatalogLoop({ ...parts, db, tools: desired.tools });
  steps.done('catalog', catalogLoop.stop);
  const plane = await startControlPlane({
    config,
    databaseUrl,
    pool,
    db,
    identity,
    reconcile: desired.reconcile,
    controls: createRunControls(db),
    metrics,
    changes,
    clock,
    ids,
    log,
    random,
  });
  steps.done('control plane', () => plane.stop());
  const doors: { sources: ReadonlyMap<string, () => SourceHealth> } = { sources: new Map() };
  const isLost = (id: string): boolean => plane.isLost(id);
  const api = await startApi({ ...parts, pool, db, desired, changes, metrics, loops: plane.loops, sources: () => doors.sources, isLost });
  steps.done('API', () => api.close());
  await startDoors({ ...parts, db, desired, processId: identity.processId, plane, doors });
  return { db, changes, server: api.server };
}

interface ApiParts extends ControllerParts {
  readonly pool: Pool;
  readonly db: Database;
  readonly desired: Desired;
  readonly changes: ChangeHub;
  readonly metrics: Metrics;
  readonly loops: readonly Loop[];
  sources(): ReadonlyMap<string, () => SourceHealth>;
  isLost(processId: string): boolean;
}

async function startApi(parts: ApiParts): Promise<{ server: string; close(): Promise<void> }> {
  const { config, db, ids, log, pool, clock, desired } = parts;
  const readiness = () =>
    judgeReadiness({
      pool,
      clock,
      dataFolder: config.dataFolder,
      loops: parts.loops.filter(({ name }) => WATCHED.has(name)),
      loopPatienceMs: LOOP_PATIENCE_MS,
      sources: parts.sources(),
      sourcePatienceMs: config.rescanSeconds * 2_000 + LOOP_PATIENCE_MS,
      runtimes: async () => (await readRuntimes(db)).filter(({ processId }) => !parts.isLost(processId)),
    });
  const gateway = composeGateway({
    db,
    ids,
    catalog: desired.catalog,
    specs: desired.door,
    changes: parts.changes,
    metrics: parts.metrics,
    readiness,
    version: parts.version,
  });
  const server = await buildServer(gateway, ids, log);
  server.addHook('onResponse', async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none', status: String(reply.statusCode) };
    parts.metrics.requests.observe(labels, reply.elapsedTime / 1_000);
  });
  return { server: await listen(server, config.listen), close: () => server.close() };
}

interface DoorParts extends ControllerParts {
  readonly db: Database;
  readonly desired: Desired;
  readonly processId: string;
  readonly plane: ControlPlane;
  readonly doors: { sources: ReadonlyMap<string, () => SourceHealth> };
}

async function startDoors({ desired, steps, plane, doors, ...parts }: DoorParts): Promise<void> {
  const ending = new AbortController();
  const { intake, admit } = desired;
  const sources = await startSources({ ...parts, intake, admit, isLost: (id) => plane.isLost(id) }, ending.signal);
  doors.sources = sources.health;
  const unsubscribe = plane.sourceChanges.subscribe(() => sources.loops.forEach((loop) => loop.wake()));
  steps.done('doors', async () => {
    unsubscribe();
    ending.abort();
    await drainLoops(sources.loops, STOP_MS);
    await sources.release();
  });
}
