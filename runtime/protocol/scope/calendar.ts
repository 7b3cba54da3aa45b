const DAY_MS = 86_400_000;
const ZERO = 0x30;
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/** Days from the first of January of year 1 to that of 1970. */
const DAYS_TO_1970 = 719_162;

/** Milliseconds from 1970 to midnight UTC of a day of the Gregorian calendar, from year 1 on; null when there is no such day (also for NaN). */
export function midnightMs(year: number, month: number, day: number): number | null {
  const leap = isLeap(year);
  const length = (DAYS_OF_MONTH[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0);
  if (!(year >= 1 && day >= 1 && day <= length)) return null;
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  const before = (DAYS_BEFORE_MONTH[month - 1] ?? 0) + (leap && month > 2 ? 1 : 0);
  return (past * 365 + leapDays + before + day - 1 - DAYS_TO_1970) * DAY_MS;
}

/** The two digits at a position as a number; NaN, which passes no comparison, when they are none. */
export function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + ones - ZERO : Number.NaN;
}

/** Whether a character code is one of 0 to 9. */
export function isDigit(code: number): boolean {
  return code >= ZERO && code <= ZERO + 9;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
