import type { Clock } from '../../platform/clock.ts';
import { type Ids, newTraceId } from '../../platform/ids.ts';
import type { Log } from '../../platform/log.ts';
import type { DueSchedule, ScheduleTicks, TickPlan, TickReport } from '../apis/schedule-ticks.ts';
import { decideTick } from './missed-runs.ts';

/** Schedules claimed in one transaction. */
export const TICK_BATCH = 1_000;
/** Longest sleep: polling is the guarantee, notifications only make it quick. */
const MAX_SLEEP_MS = 30_000;
/** How often schedules are looked for that a clock ahead of time pushed into the future. */
const RECALL_EVERY_MS = 600_000;

/** What the ticker stands on. */
export interface TickerOptions {
  readonly schedules: ScheduleTicks;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
  /** Told after each batch that did something; for metrics. */
  onBatch?(report: TickReport): void;
}

/**
 * One pass of the ticker for a loop: starts what is due, batch by batch, and resolves with the milliseconds until the next schedule is
 * due. Any number of processes may tick one database: a due schedule is claimed by exactly one, and a batch is all or nothing.
 */
export function createTicker(options: TickerOptions): (signal: AbortSignal) => Promise<number> {
  let recalledAtMs: number | undefined;
  return async (signal) => {
    const nowMs = options.clock.monotonicMs();
    if (recalledAtMs === undefined || nowMs - recalledAtMs >= RECALL_EVERY_MS) {
      const recalled = await options.schedules.recallFutureTicks();
      if (recalled > 0) options.log.warn({ schedules: recalled }, 'schedules ticked in the future are planned again: a clock was ahead');
      recalledAtMs = nowMs;
    }
    while (!signal.aborted) {
      const report = await tickBatch(options);
      if (report.claimed < TICK_BATCH) break;
    }
    const dueMs = await options.schedules.msUntilDue();
    return Math.min(MAX_SLEEP_MS, dueMs ?? MAX_SLEEP_MS);
  };
}

async function tickBatch(options: TickerOptions): Promise<TickReport> {
  const report = await options.schedules.tick(TICK_BATCH, (due) => planTick(due, options));
  if (report.claimed > 0) {
    options.log.debug({ ...report }, 'schedules ticked');
    options.onBatch?.(report);
  }
  return report;
}

function planTick(due: DueSchedule, { ids, log }: TickerOptions): TickPlan {
  const decision = decideTick(due);
  if (decision.action === 'none' && decision.why === 'unreadable') {
    log.warn({ instance: due.instanceId, reason: 'ScheduleInvalid' }, 'stored schedule cannot be read, it rests');
  }
  return { instanceId: due.instanceId, decision, runId: ids.uuid(), traceId: newTraceId(ids) };
}
