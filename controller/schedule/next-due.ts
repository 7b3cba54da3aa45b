import type { ScheduleSpec } from '../../schemas/connector.ts';
import { type ParsedSchedule, parseSchedule } from './parse-schedule.ts';
import { everyInterval, fractionOf, jittered, notBefore, type Recurrence } from './recurrence.ts';

/** What is remembered of a schedule besides its text. */
export interface ScheduleHistory {
  readonly instanceId: string;
  /** `every` counts from here. */
  readonly anchorAt: Date;
  /** When the last tick was due, whether it ran or was passed over; null: never. */
  readonly lastTickAt: Date | null;
}

/** The clock of a cron schedule may be set back this far without a start being repeated. */
const CRON_SETBACK_MS = 3_600_000;

/**
 * When the schedule is due next; null when it cannot be read. A schedule that never ticked is due at once; from then on the next
 * moment is always in the future, and never one that was ticked already. Moments that passed meanwhile are the business of `decideTick`.
 *
 * Call it when a schedule is made, changed, resumed or enabled; a schedule that is left alone keeps its stored `due_at`.
 */
export function nextDue(question: ScheduleHistory & { readonly schedule: ScheduleSpec; readonly now: Date }): Date | null {
  const parsed = parseSchedule(question.schedule);
  if (!parsed.ok) return null;
  if (question.lastTickAt === null) return question.now;
  return dueAfter(parsed.value, question, question.now);
}

/** First due moment after `now` and after the last tick. */
export function dueAfter(schedule: ParsedSchedule, history: ScheduleHistory, now: Date): Date | null {
  const lastTickAt = trustedTick(schedule, history.lastTickAt, now);
  const moments = dueMoments(schedule, { ...history, lastTickAt });
  return moments.after(lastTickAt !== null && lastTickAt > now ? lastTickAt : now);
}

/**
 * All due moments. `every` is spread by a hash of the instance id: a thousand connectors that were made together run together once, then
 * evenly over the interval. The first moment after a tick is at least half an interval away, so that a first run is not repeated at once.
 */
export function dueMoments(schedule: ParsedSchedule, history: ScheduleHistory): Recurrence {
  return jittered(moments(schedule, history), schedule.jitterMs, history.instanceId);
}

function moments(schedule: ParsedSchedule, history: ScheduleHistory): Recurrence {
  if (schedule.rhythm.kind === 'cron') return schedule.rhythm.moments;
  const { everyMs } = schedule.rhythm;
  const origin = new Date(history.anchorAt.getTime() + Math.floor(fractionOf(history.instanceId) * everyMs));
  const grid = everyInterval(origin, everyMs);
  if (history.lastTickAt === null) return grid;
  // The last tick may itself have been moved by the jitter.
  return notBefore(grid, new Date(history.lastTickAt.getTime() - schedule.jitterMs + everyMs / 2));
}

/**
 * A last tick that lies in the future was written by a clock that was ahead. A little of it is believed, so that a clock set back does
 * not repeat a start; more than that would stop the schedule until the clock caught up, and is forgotten.
 */
export function trustedTick(schedule: ParsedSchedule, lastTickAt: Date | null, now: Date): Date | null {
  if (lastTickAt === null) return null;
  const setbackMs = schedule.rhythm.kind === 'every' ? schedule.rhythm.everyMs : CRON_SETBACK_MS;
  return lastTickAt.getTime() - now.getTime() > setbackMs ? null : lastTickAt;
}
