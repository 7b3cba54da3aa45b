import type { Clock } from '../../platform/clock.ts';
import { isFault } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import type { FenceCause, LostRuns } from '../apis/runs.ts';
import type { LostProcess } from './lost-processes.ts';
import { decideLostRun } from './decide-lost-run.ts';

/** A runtime without a beat kills its own children within this time; until then an unreachable run's instance does not start again. */
export const SELF_KILL_MS = 20_000;
/** A cancelled run that its runtime does not end within this time is taken away from it. */
const CANCEL_OVERDUE_MS = 120_000;
/** A manual run that no runtime claimed for this long is not wanted any more. */
const MANUAL_PENDING_MS = 3_600_000;
/** How often it is looked for pending runs that nobody claims: those are rare, and all pending runs are read for it. */
const EXPIRE_EVERY_MS = 30_000;
/** Runs decided in one transaction. */
const SETTLE_BATCH = 200;
/** Rounds of fence, terminate, fence before the next pass has to go on. */
const FENCE_ROUNDS = 3;

/** What the takeover stands on. */
export interface TakeoverOptions {
  readonly runs: LostRuns;
  /** Observer of beats; it needs one full period after a start before it calls a silent process lost. */
  lostProcesses(): Promise<readonly LostProcess[]>;
  /** Retries of one run, over whatever its type says. */
  readonly maxRetries: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * One pass of the takeover, for a loop; resolves with the milliseconds until the next. The first pass after a start reconciles what was
 * left running (RT-6.5).
 *
 * Fence first: the epoch is raised, so that whatever still runs writes nothing. Then, when the hold is over, decide: retry, abandon,
 * cancel. Both steps are rows, so another controller goes on where this one dies.
 */
export function createTakeover(options: TakeoverOptions, intervalMs = 2_000): () => Promise<number> {
  let expiredAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const lost = await options.lostProcesses();
    for (const process of await lostHolders(options, lost)) await fence(process, options);
    await unlessBusy(options.runs.fenceOverdue(overdue, CANCEL_OVERDUE_MS));
    let settled: number;
    do {
      settled = await settleBatch(options);
    } while (settled === SETTLE_BATCH);
    const nowMs = options.clock.monotonicMs();
    if (nowMs - expiredAtMs >= EXPIRE_EVERY_MS) {
      await options.runs.expirePending(MANUAL_PENDING_MS);
      await options.runs.forgetProcesses(lost.filter(({ proof }) => proof !== 'stopped').map(({ processId }) => processId));
      expiredAtMs = nowMs;
    }
    return intervalMs;
  };
}

const overdue: FenceCause = {
  reason: 'StartDeadlineExceeded',
  message: 'The runtime claimed the run but did not start, or stop, it in time.',
  holdMs: SELF_KILL_MS,
};

/** Of the lost processes those that hold runs. One that is not registered, or stopped in order, has ended its children before. */
async function lostHolders({ runs }: TakeoverOptions, lost: readonly LostProcess[]): Promise<LostProcess[]> {
  const proofs = new Map(lost.map(({ processId, proof }) => [processId, proof]));
  const holders = await runs.holders();
  return holders.flatMap(({ processId, gone }) => {
    const proof = gone ? 'dead' : proofs.get(processId);
    return proof === undefined ? [] : [{ processId, proof }];
  });
}

/** Raises the epoch; sessions of the lost process that hold a lease are terminated, as when it was stopped inside a write. */
async function fence(process: LostProcess, { runs, log }: TakeoverOptions): Promise<void> {
  const cause: FenceCause = {
    reason: 'RuntimeLost',
    message:
      process.proof === 'silent' ? 'The runtime that executed the run stopped beating.' : 'The runtime that executed the run is gone.',
    holdMs: process.proof === 'silent' ? SELF_KILL_MS : 0,
  };
  for (let round = 1; round <= FENCE_ROUNDS; round++) {
    const fenced = await unlessBusy(runs.fenceProcess(process.processId, cause));
    if (fenced !== 'busy') {
      if (fenced > 0) log.warn({ process: process.processId, proof: process.proof, runs: fenced, reason: cause.reason }, 'runs fenced');
      return;
    }
    const sessions = await runs.terminateSessions(process.processId);
    log.warn({ process: process.processId, sessions }, 'database sessions of a lost runtime terminated');
  }
}

/** A lease that cannot be had now must not keep other runs from being taken over; the next pass tries again. */
async function unlessBusy(fencing: Promise<number>): Promise<number | 'busy'> {
  try {
    return await fencing;
  } catch (error) {
    if (isFault(error, 'LeaseBusy')) return 'busy';
    throw error;
  }
}

async function settleBatch({ runs, maxRetries, log }: TakeoverOptions): Promise<number> {
  const settled = await runs.settle(SETTLE_BATCH, (run) => decideLostRun(run, maxRetries));
  for (const { runId, instanceId, verdict } of settled) {
    log.warn(
      { run: runId, instance: instanceId, state: verdict.state, reason: verdict.reason, delayMs: verdict.delayMs },
      'lost run decided',
    );
  }
  return settled.length;
}
