/** A moment to any precision: whole milliseconds since 1970, and the decimal digits below them without trailing zeros. */
export interface Instant {
  readonly ms: number;
  readonly subMs: string;
}

const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:([Zz])|([+-])(\d{2}):(\d{2}))?)?$/;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** timestamptz takes an offset below 16 hours; none in use is above 14. */
const MAX_OFFSET_HOURS = 15;

/** What a text must have to count as a moment. */
export interface InstantForm {
  /** Accept a full-date, as midnight UTC. */
  readonly date: boolean;
  /** Accept a date-time without offset, as UTC. */
  readonly noOffset: boolean;
}

/**
 * Reads an RFC 3339 text; null when it is none, or no moment of the calendar that timestamptz holds (year 0, offset of 16 hours).
 * A leap second is the first moment of the next minute.
 */
export function parseInstant(text: string, form: InstantForm): Instant | null {
  const parts = DATE_TIME.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', zulu, sign, offsetHour, offsetMinute] = parts;
  const days = daysSince1970(Number(year), Number(month), Number(day));
  if (days === null) return null;
  if (hour === undefined) return form.date ? { ms: days * 86_400_000, subMs: '' } : null;
  if (zulu === undefined && sign === undefined && !form.noOffset) return null;
  const clock = clockMs(Number(hour), Number(minute), Number(second));
  const offset = offsetMs(sign, Number(offsetHour ?? 0), Number(offsetMinute ?? 0));
  if (clock === null || offset === null) return null;
  const digits = fraction.padEnd(3, '0');
  return { ms: days * 86_400_000 + clock - offset + Number(digits.slice(0, 3)), subMs: digits.slice(3).replace(/0+$/, '') };
}

/** Negative, zero or positive as `a` is before, at or after `b`. */
export function compareInstants(a: Instant, b: Instant): number {
  if (a.ms !== b.ms) return a.ms - b.ms;
  if (a.subMs === b.subMs) return 0;
  return a.subMs < b.subMs ? -1 : 1;
}

function daysSince1970(year: number, month: number, day: number): number | null {
  const before = DAYS_BEFORE_MONTH[month - 1];
  if (year < 1 || before === undefined || day < 1) return null;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (DAYS_OF_MONTH[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0)) return null;
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  return past * 365 + leapDays + before + (leap && month > 2 ? 1 : 0) + day - 1 - 719_162;
}

function clockMs(hour: number, minute: number, second: number): number | null {
  return hour > 23 || minute > 59 || second > 60 ? null : ((hour * 60 + minute) * 60 + second) * 1_000;
}

function offsetMs(sign: string | undefined, hours: number, minutes: number): number | null {
  if (hours > MAX_OFFSET_HOURS || minutes > 59) return null;
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
