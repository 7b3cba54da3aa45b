import { isDigit, midnightMs, twoDigits } from './calendar.ts';

/** A moment to any precision: whole milliseconds since 1970, and the decimal digits below them without trailing zeros. */
export interface Instant {
  readonly ms: number;
  readonly subMs: string;
}

/** What a text may have, or lack, to count as a moment. */
export interface InstantForm {
  /** Accept a full-date, as midnight UTC. */
  readonly date: boolean;
  /** Accept a date-time without offset, as UTC. */
  readonly noOffset: boolean;
}

const DATE_CHARS = 10;
/** Where the decimal point of the seconds is, if there is one. */
const DOT_AT = 19;
/** timestamptz takes an offset below 16 hours; none in use is above 14. */
const MAX_OFFSET_HOURS = 15;
const MINUTE_MS = 60_000;

/**
 * Reads an RFC 3339 text; null when it is none, or no moment of the calendar that timestamptz holds (year 0, offset of 16 hours).
 * A leap second is the first moment of the next minute. Reads by position, not by pattern: this runs once or twice a record.
 */
export function parseInstant(text: string, form: InstantForm): Instant | null {
  const midnight = readDate(text);
  if (midnight === null) return null;
  if (text.length === DATE_CHARS) return form.date ? { ms: midnight, subMs: '' } : null;
  const clock = readClock(text);
  const end = endOfFraction(text);
  const offset = end === text.length ? noOffset(form) : readOffset(text, end);
  if (clock === null || offset === null || end === DOT_AT + 1) return null;
  const fraction = text.slice(DOT_AT + 1, end);
  return { ms: midnight + clock - offset + wholeMs(fraction), subMs: fraction.slice(3).replace(/0+$/, '') };
}

/** Negative, zero or positive as `a` is before, at or after `b`. */
export function compareInstants(a: Instant, b: Instant): number {
  if (a.ms !== b.ms) return a.ms - b.ms;
  if (a.subMs === b.subMs) return 0;
  return a.subMs < b.subMs ? -1 : 1;
}

function readDate(text: string): number | null {
  if (text[4] !== '-' || text[7] !== '-') return null;
  return midnightMs(twoDigits(text, 0) * 100 + twoDigits(text, 2), twoDigits(text, 5), twoDigits(text, 8));
}

/** The clock of `....-..-..T12:34:56`, or null. */
function readClock(text: string): number | null {
  if ((text[10] !== 'T' && text[10] !== 't') || text[13] !== ':' || text[16] !== ':') return null;
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  return hour <= 23 && minute <= 59 && second <= 60 ? (hour * 60 + minute) * MINUTE_MS + second * 1_000 : null;
}

/** Where the digits after a decimal point end; where the point would be when there is none. */
function endOfFraction(text: string): number {
  if (text[DOT_AT] !== '.') return DOT_AT;
  let at = DOT_AT + 1;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}

function wholeMs(fraction: string): number {
  return fraction === '' ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
}

function noOffset(form: InstantForm): number | null {
  return form.noOffset ? 0 : null;
}

/** `Z`, `+hh:mm` or `-hh:mm` from `at` to the end, in milliseconds; null for anything else. */
function readOffset(text: string, at: number): number | null {
  const rest = text.slice(at);
  if (rest === 'Z' || rest === 'z') return 0;
  const direction = rest[0] === '+' ? 1 : rest[0] === '-' ? -1 : Number.NaN;
  const [hours, minutes] = [twoDigits(rest, 1), twoDigits(rest, 4)];
  const wellFormed = rest.length === 6 && rest[3] === ':' && hours <= MAX_OFFSET_HOURS && minutes <= 59;
  const offset = direction * (hours * 60 + minutes) * MINUTE_MS;
  return wellFormed && !Number.isNaN(offset) ? offset : null;
}
