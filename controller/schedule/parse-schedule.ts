import type { ScheduleSpec } from '../../schemas/connector.ts';
import { durationMs } from '../../schemas/fields/duration.ts';
import { isCronFault, readCron } from './cron-recurrence.ts';
import type { Recurrence } from './recurrence.ts';

/** Shortest time between two starts. */
export const MIN_EVERY_MS = 1_000;
/** Longest time between two starts: 366 days. */
export const MAX_EVERY_MS = 366 * 86_400_000;
/** Longest jitter of a cron schedule: one hour. With `every` it is the interval itself. */
export const MAX_CRON_JITTER_MS = 3_600_000;

/** A schedule that was read: everything that deciding needs, nothing left to go wrong. */
export interface ParsedSchedule {
  /** Whole milliseconds, or the moments of a cron expression in its time zone. */
  readonly rhythm: { readonly kind: 'every'; readonly everyMs: number } | { readonly kind: 'cron'; readonly moments: Recurrence };
  readonly jitterMs: number;
  /** A start found later than this is not made up for; null: no limit. */
  readonly startingDeadlineMs: number | null;
  readonly missedRuns: 'Skip' | 'RunOnce';
}

/** One thing that is wrong with a schedule; admission makes a `ScheduleInvalid` finding of it. */
export interface ScheduleFault {
  /** Path below `spec.schedule`; empty for the schedule as a whole. */
  readonly at: readonly string[];
  readonly message: string;
  readonly hint: string;
}

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly ScheduleFault[] };

/** Reads `spec.schedule`; all faults are reported at once. Pure, without a clock: the same verdict at every door and at every time. */
export function parseSchedule(spec: ScheduleSpec): Parsed<ParsedSchedule> {
  const rhythm = readRhythm(spec);
  const jitter = readJitter(spec, rhythm);
  const faults = [...(rhythm.ok ? [] : rhythm.faults), ...(jitter.ok ? [] : jitter.faults)];
  if (!rhythm.ok || !jitter.ok) return { ok: false, faults };
  const deadline = spec.startingDeadlineSeconds;
  return {
    ok: true,
    value: {
      rhythm: rhythm.value,
      jitterMs: jitter.value,
      startingDeadlineMs: deadline === undefined ? null : deadline * 1_000,
      missedRuns: spec.missedRuns ?? 'RunOnce',
    },
  };
}

function readRhythm(spec: ScheduleSpec): Parsed<ParsedSchedule['rhythm']> {
  if ((spec.every === undefined) === (spec.cron === undefined)) {
    const both = spec.every !== undefined;
    return fault([], `the schedule names ${both ? 'both every and cron' : 'neither every nor cron'}`, 'Give exactly one of them.');
  }
  return spec.every === undefined ? readCronRhythm(spec) : readEvery(spec.every);
}

function readEvery(text: string): Parsed<ParsedSchedule['rhythm']> {
  const everyMs = durationMs(text);
  if (everyMs === undefined) return fault(['every'], `${text} is not a duration`, 'Write a duration such as 15m, 1h30m or 30s.');
  if (everyMs < MIN_EVERY_MS || everyMs > MAX_EVERY_MS) {
    return fault(['every'], `${text} is out of bounds`, 'Give at least 1s and at most 366d.');
  }
  return { ok: true, value: { kind: 'every', everyMs } };
}

function readCronRhythm(spec: ScheduleSpec): Parsed<ParsedSchedule['rhythm']> {
  const moments = readCron(spec.cron ?? '', spec.timeZone ?? 'UTC');
  if (!isCronFault(moments)) return { ok: true, value: { kind: 'cron', moments } };
  const hint = moments.part === 'cron' ? 'Write five fields such as "0 6 * * 1-5".' : 'Write a name such as Europe/Berlin or UTC.';
  return fault([moments.part], moments.message, hint);
}

function readJitter(spec: ScheduleSpec, rhythm: Parsed<ParsedSchedule['rhythm']>): Parsed<number> {
  if (spec.jitter === undefined) return { ok: true, value: 0 };
  const jitterMs = durationMs(spec.jitter);
  if (jitterMs === undefined) return fault(['jitter'], `${spec.jitter} is not a duration`, 'Write a duration such as 30s.');
  const longest = rhythm.ok && rhythm.value.kind === 'every' ? rhythm.value.everyMs : MAX_CRON_JITTER_MS;
  if (rhythm.ok && jitterMs > longest) {
    return fault(['jitter'], `${spec.jitter} is too long`, 'Give at most the interval of every, or 1h with cron.');
  }
  return { ok: true, value: jitterMs };
}

function fault(at: readonly string[], message: string, hint: string): { ok: false; faults: ScheduleFault[] } {
  return { ok: false, faults: [{ at, message, hint }] };
}
