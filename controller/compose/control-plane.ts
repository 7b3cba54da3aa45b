import { createBeatObserver } from '../../platform/beat/observer.ts';
import { readBeats } from '../../platform/beat/beat-sql.ts';
import type { ProcessIdentity } from '../../platform/beat/identity.ts';
import type { Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Log } from '../../platform/log.ts';
import { drainLoops, type Loop, startLoop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres/connect.ts';
import { listen } from '../../platform/postgres/listen.ts';
import type { RunControls } from '../apis/runs.ts';
import type { Config } from '../config.ts';
import { findLostProcesses, type LostProcess } from '../dispatch/lost-processes.ts';
import { createMaintenance, preparePartitions } from '../dispatch/maintenance.ts';
import { createTakeover } from '../dispatch/takeover.ts';
import { createResync } from '../reconcile/connector/resync.ts';
import type { ReconcileDeps } from '../reconcile/connector/reconcile.ts';
import { startReconcileLoop } from '../reconcile/worker/worker.ts';
import { createTicker } from '../schedule/ticker.ts';
import { sweepKeys } from '../store/access/idempotency.ts';
import { purgeExpiredInstances } from '../store/instances/purge.ts';
import { createPartitions } from '../store/partitions.ts';
import type { Database } from '../store/queryable.ts';
import { createLostRuns } from '../store/runs/lost-runs.ts';
import { createScheduleTicks } from '../store/schedules.ts';
import { sweepTombstones } from '../store/specs/write-specs.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { ChangeHub } from './change-hub.ts';

/** What the loops of the control plane stand on. */
export interface ControlPlaneParts {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly db: Database;
  readonly identity: ProcessIdentity;
  readonly reconcile: ReconcileDeps;
  readonly controls: RunControls;
  readonly metrics: Metrics;
  readonly changes: ChangeHub;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly random: Random;
}

/** Running loops, and what they know about other processes. */
export interface ControlPlane {
  readonly loops: readonly Loop[];
  /** Told when an operator confirmed a removal or let documents of a source go: doors look again at once. */
  readonly sourceChanges: ChangeHub;
  /** Whether the process is known to be gone, or to have stopped beating. */
  isLost(processId: string): boolean;
  /** Ends the loops, bounded; answers those that did not end. */
  stop(): Promise<string[]>;
}

const RECONCILE_BATCH = 500;
const POLL_MS = 5_000;
const OBSERVE_MS = 2_000;
const SWEEP_MS = 60_000;
const PURGE_BATCH = 20;
const TOMBSTONE_MS = 3_600_000;
const STOP_MS = 10_000;

/** Starts the loops in the order in which they need each other; `stop` ends them all. */
export async function startControlPlane(parts: ControlPlaneParts): Promise<ControlPlane> {
  const { config, db, clock, ids, log, random, metrics } = parts;
  const ending = new AbortController();
  const { signal } = ending;
  const loop = (name: string, pass: (signal: AbortSignal) => Promise<number>): Loop =>
    startLoop({ name, signal, clock, log, random, pass });
  const maintenance = { partitions: createPartitions(db), retentionDays: config.retentionDays, clock, log };
  await preparePartitions(maintenance);
  const observed = observedProcesses(parts);
  const reconcile = startReconcileLoop(
    {
      ...parts.reconcile,
      runs: parts.controls,
      ids,
      clock,
      random,
      log,
      batchSize: RECONCILE_BATCH,
      pollMs: POLL_MS,
      onBatch: ({ objects, failed, durationMs }) => tellBatch(metrics, { objects, failed, durationMs }),
    },
    signal,
  );
  const ticker = loop(
    'schedule',
    createTicker({ schedules: createScheduleTicks(db), ids, clock, log, onBatch: (report) => tellTicks(metrics, report) }),
  );
  const takeover = loop(
    'takeover',
    createTakeover({ runs: createLostRuns(db), lostProcesses: observed.look, maxRetries: config.maxRetries, clock, log }, OBSERVE_MS),
  );
  const compare = createResync(parts.reconcile);
  const sourceChanges = new ChangeHub();
  const loops = [
    reconcile,
    ticker,
    takeover,
    loop('resync', async (passSignal) => {
      await compare(passSignal);
      return config.resyncSeconds * 1_000;
    }),
    loop('maintenance', createMaintenance(maintenance)),
    loop('sweep', () => sweep(db)),
    listenForChanges(parts, signal, { reconcile, ticker, sourceChanges }),
  ];
  return {
    loops,
    sourceChanges,
    isLost: observed.isLost,
    async stop() {
      ending.abort();
      return drainLoops(loops, STOP_MS);
    },
  };
}

function observedProcesses({ pool, identity, clock }: ControlPlaneParts): {
  look(): Promise<readonly LostProcess[]>;
  isLost(id: string): boolean;
} {
  const observer = createBeatObserver({ clock, host: identity.host, read: () => readBeats(pool) });
  let lost = new Set<string>();
  return {
    async look() {
      const found = await findLostProcesses(observer, identity.host);
      lost = new Set(found.map(({ processId }) => processId));
      return found;
    },
    isLost: (processId) => lost.has(processId),
  };
}

/** What goes by age: idempotency keys, tombstones of deleted objects, instances past their retention. */
async function sweep(db: Database): Promise<number> {
  await sweepKeys(db);
  await sweepTombstones(db, TOMBSTONE_MS);
  const purged = await db.transaction((tx) => purgeExpiredInstances(tx, PURGE_BATCH));
  return purged.length === PURGE_BATCH ? 0 : SWEEP_MS;
}

/** Notifications make it quick; each loop polls by itself. */
function listenForChanges(
  parts: ControlPlaneParts,
  signal: AbortSignal,
  told: { reconcile: Loop; ticker: Loop; sourceChanges: ChangeHub },
): Loop {
  const { databaseUrl, identity, clock, random, log, changes } = parts;
  const wakeAll = (): void => {
    told.reconcile.wake();
    told.ticker.wake();
    told.sourceChanges.tell();
    changes.tell();
  };
  return listen(databaseUrl, {
    channels: ['specs_due', 'specs_changed', 'runs_due', 'schedules_changed', 'sources_changed'],
    name: `cc-listen-${identity.processId}`,
    signal,
    clock,
    random,
    log,
    onNotify(channel) {
      if (channel === 'specs_due') told.reconcile.wake();
      if (channel === 'schedules_changed') told.ticker.wake();
      if (channel === 'sources_changed') told.sourceChanges.tell();
      changes.tell();
    },
    onConnected({ deaf }) {
      if (deaf) log.warn({}, 'notifications do not arrive on this connection: everything polls');
      wakeAll();
    },
  });
}

function tellBatch(metrics: Metrics, report: { objects: number; failed: number; durationMs: number }): void {
  metrics.reconcilePasses.inc({ outcome: report.failed > 0 ? 'failed' : 'done' });
  metrics.reconcileObjects.inc({ outcome: 'settled' }, report.objects);
  metrics.reconcileObjects.inc({ outcome: 'failed' }, report.failed);
  metrics.reconcileSeconds.observe(report.durationMs / 1_000);
}

function tellTicks(metrics: Metrics, report: { started: number; skipped: number; passedOver: number }): void {
  metrics.ticks.inc({ outcome: 'started' }, report.started);
  metrics.ticks.inc({ outcome: 'skipped' }, report.skipped);
  metrics.ticks.inc({ outcome: 'passed_over' }, report.passedOver);
}
