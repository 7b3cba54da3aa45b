import { Cron } from 'croner';
import type { Recurrence } from './recurrence.ts';

/** Names for common expressions, as crond has them. `@reboot` is none: it is no time. */
export const cronMacros = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'] as const;

/** Any moment will do: the question is only whether the expression ever matches. It lies before a leap day. */
const PROBE = new Date('2024-01-01T00:00:00Z');

/** What kept an expression from being read; `part` says which field of the schedule to mend. */
export interface CronFault {
  readonly part: 'cron' | 'timeZone';
  readonly message: string;
}

/**
 * Reads a cron expression of five fields, or a macro, in an IANA time zone.
 * A time that the spring change leaves out happens at the first moment after the gap, one that the autumn change repeats happens once;
 * expressions with `*` or a step in minute or hour keep their rhythm through both (as Vixie cron has it).
 */
export function readCron(expression: string, timeZone: string): Recurrence | CronFault {
  if (!isTimeZone(timeZone)) return { part: 'timeZone', message: `${timeZone} is not an IANA time zone` };
  const text = expression.trim();
  const refused = formFault(text);
  if (refused !== undefined) return { part: 'cron', message: refused };
  try {
    const cron = new Cron(text, { timezone: timeZone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });
    if (cron.nextRun(PROBE) === null) return { part: 'cron', message: `${text} never comes: no date matches it` };
    return asRecurrence(cron);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    return { part: 'cron', message: error.message.replace(/^CronPattern: /, '') };
  }
}

/** True when reading gave a fault. */
export function isCronFault(read: Recurrence | CronFault): read is CronFault {
  return 'part' in read;
}

// croner also reads dates, six fields and `?` (which it fills in from the present moment): none of them is a schedule of ours.
function formFault(text: string): string | undefined {
  if (text.startsWith('@')) {
    const known = (cronMacros as readonly string[]).includes(text.toLowerCase());
    return known ? undefined : `${text} is none of ${cronMacros.join(', ')}`;
  }
  const fields = text.split(/\s+/).length;
  if (fields !== 5) return `a cron expression has 5 fields (minute hour day month weekday), this has ${fields}`;
  return text.includes('?') ? '? is not supported; write * for any value' : undefined;
}

// Offsets such as +02:00 are time zones to Intl, but say nothing about summer time: they are refused.
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format(PROBE);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function asRecurrence(cron: Cron): Recurrence {
  return {
    after: (at) => cron.nextRun(at),
    // croner looks strictly before, in whole seconds.
    atOrBefore: (at) => cron.previousRuns(1, new Date(Math.floor(at.getTime() / 1000) * 1000 + 1000))[0] ?? null,
  };
}
