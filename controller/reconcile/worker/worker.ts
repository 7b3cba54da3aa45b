import type { Clock } from '../../../platform/clock.ts';
import { isFault } from '../../../platform/errors.ts';
import { type Loop, startLoop } from '../../../platform/loop.ts';
import type { Log } from '../../../platform/log.ts';
import { isContention } from '../../../platform/postgres/sql-state.ts';
import type { ObjectKey } from '../../apis/ports.ts';
import { carryOut, type EffectDeps } from './effects.ts';
import { settleFailure } from './failure.ts';
import { type BatchReport, reconcileBatch, type ReconcileDeps } from '../connector/reconcile.ts';

/** What the worker needs besides the pass itself. */
export interface WorkerDeps extends ReconcileDeps, Omit<EffectDeps, 'store'> {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Objects a batch; 500 is a good size. */
  readonly batchSize: number;
  /** The queue is looked at this often even when nobody wakes the loop, in milliseconds. */
  readonly pollMs: number;
  /** Told after each batch, for metrics. `failed` counts objects that were put aside. */
  readonly onBatch?: (report: { objects: number; changed: number; failed: number; durationMs: number }) => void;
}

/** Objects that another replica holds are free again soon; asking at once would only spin. */
const SHORTEST_WAIT_MS = 50;

/** Starts the loop that keeps objects converged. Wake it on the notification `specs_due`; it polls anyway, and ends with the signal. */
export function startReconcileLoop(deps: WorkerDeps, signal: AbortSignal): Loop {
  return startLoop({
    name: 'reconcile',
    signal,
    clock: deps.clock,
    random: deps.random,
    log: deps.log,
    pass: (passSignal) => drainDue(deps, passSignal),
  });
}

/** Works batches until nothing is due or the signal is aborted; answers the milliseconds until the next object is due, at most `pollMs`. */
export async function drainDue(deps: WorkerDeps, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    const startedMs = deps.clock.monotonicMs();
    const { report, failed } = await workBatch(deps, { limit: deps.batchSize });
    if (report.objects === 0 && failed === 0) break;
    deps.onBatch?.({ objects: report.objects, changed: report.changed, failed, durationMs: deps.clock.monotonicMs() - startedMs });
  }
  const nextMs = (await deps.store.nextDueInMs()) ?? deps.pollMs;
  return Math.min(deps.pollMs, Math.max(SHORTEST_WAIT_MS, nextMs));
}

type Worked = { report: Pick<BatchReport, 'objects' | 'changed'>; failed: number };

/** One batch; when it fails it is halved until the bad object stands alone, which is then put aside. */
async function workBatch(deps: WorkerDeps, which: { limit: number } | { keys: readonly ObjectKey[] }): Promise<Worked> {
  let keys: readonly ObjectKey[] = [];
  try {
    const report = await reconcileBatch(deps, which, (claimed) => {
      keys = claimed;
    });
    for (const effect of report.effects) await carryOutOrLeave(deps, effect);
    return { report, failed: 0 };
  } catch (error) {
    if (keys.length === 0 || isFault(error, 'DatabaseUnavailable') || isContention(error)) throw error;
    return keys.length === 1 ? putAside(deps, keys[0] as ObjectKey, error) : halve(deps, keys);
  }
}

async function halve(deps: WorkerDeps, keys: readonly ObjectKey[]): Promise<Worked> {
  const middle = Math.ceil(keys.length / 2);
  const first = await workBatch(deps, { keys: keys.slice(0, middle) });
  const second = await workBatch(deps, { keys: keys.slice(middle) });
  const report = { objects: first.report.objects + second.report.objects, changed: first.report.changed + second.report.changed };
  return { report, failed: first.failed + second.failed };
}

async function putAside(deps: WorkerDeps, key: ObjectKey, error: unknown): Promise<Worked> {
  deps.log.error({ namespace: key.namespace, connector: key.name, err: error }, 'reconcile failed');
  await settleFailure(deps.store, key, error);
  return { report: { objects: 0, changed: 0 }, failed: 1 };
}

/** Failing here loses nothing: the object is due again in a moment and plans the same. */
async function carryOutOrLeave(deps: WorkerDeps, effect: BatchReport['effects'][number]): Promise<void> {
  await carryOut(deps, effect).catch((error: unknown) => {
    deps.log.warn({ namespace: effect.spec.namespace, connector: effect.spec.name, err: error }, 'request not carried out yet');
  });
}
