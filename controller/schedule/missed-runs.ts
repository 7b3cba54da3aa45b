import type { DueSchedule, TickDecision } from '../apis/schedule-ticks.ts';
import { dueAfter, dueMoments, trustedTick } from './next-due.ts';
import { type ParsedSchedule, parseSchedule } from './parse-schedule.ts';

/** A start that is found within this time is on time, also where missed ones are skipped. */
export const ON_TIME_MS = 60_000;

/**
 * What to do about a schedule that was claimed as due. Pure.
 *
 * - Of several moments that passed (downtime, a clock set forward) only the last one counts: one run, never a burst.
 * - An active run: passed over, no row (RT-8.4).
 * - Later than `startingDeadlineSeconds`, or missed with `missedRuns: Skip`: recorded as skipped, the next moment stands.
 * - The very first run has no moment that it could miss.
 */
export function decideTick(due: DueSchedule): TickDecision {
  if (due.instance === 'stopped') return { action: 'none', why: 'stopped', lastTickAt: null, nextRunAt: null };
  const parsed = parseSchedule(due.schedule);
  // Admission let it pass, so the time zone data of this machine changed; the next reconcile tells.
  if (!parsed.ok) return { action: 'none', why: 'unreadable', lastTickAt: null, nextRunAt: null };
  const schedule = parsed.value;
  if (due.dueAt > due.now || (due.lastTickAt !== null && due.lastTickAt > due.now)) return planAgain(schedule, due);
  const scheduledFor = lastMoment(schedule, due);
  const lastTickAt = due.lastTickAt === null ? due.now : scheduledFor;
  const after = { lastTickAt, nextRunAt: dueAfter(schedule, { ...due, lastTickAt }, due.now) };
  if (due.instance === 'active') return { action: 'none', why: 'active', ...after };
  const missed = due.lastTickAt === null ? undefined : missedBecause(schedule, scheduledFor, due.now);
  if (missed === undefined) return { action: 'run', scheduledFor, ...after };
  return { action: 'skip', scheduledFor, reason: 'StartingDeadlineMissed', message: missed, ...after };
}

/** The clock went back since the schedule was planned: nothing is started for it, only the next moment is found anew. */
function planAgain(schedule: ParsedSchedule, due: DueSchedule): TickDecision {
  const believed = trustedTick(schedule, due.lastTickAt, due.now) !== null;
  return {
    action: 'none',
    why: 'not_due',
    lastTickAt: believed || due.lastTickAt === null ? null : due.now,
    nextRunAt: dueAfter(schedule, due, due.now),
  };
}

/** The last due moment that has passed; at least the one that the schedule was claimed for. */
function lastMoment(schedule: ParsedSchedule, due: DueSchedule): Date {
  if (due.lastTickAt === null) return due.now;
  const last = dueMoments(schedule, due).atOrBefore(due.now);
  return last !== null && last > due.dueAt ? last : due.dueAt;
}

function missedBecause(schedule: ParsedSchedule, scheduledFor: Date, now: Date): string | undefined {
  const limitMs = schedule.startingDeadlineMs ?? (schedule.missedRuns === 'Skip' ? ON_TIME_MS : Number.POSITIVE_INFINITY);
  const lateMs = now.getTime() - scheduledFor.getTime();
  if (lateMs <= limitMs) return undefined;
  const why = schedule.startingDeadlineMs === null ? 'missedRuns is Skip' : `startingDeadlineSeconds is ${limitMs / 1_000}`;
  return `The start due at ${scheduledFor.toISOString()} was found ${Math.round(lateMs / 1_000)} s later; ${why}.`;
}
