import { type RawNumber, isRawNumber } from '../sdk/exact-json.ts';

/** A value of `cursorField`: text (such as a time) or a number with all its digits. */
export type CursorValue = string | RawNumber;

const integer = /^-?\d+$/;

/** Narrows what was found in an item or a stored cursor. */
export function isCursorValue(value: unknown): value is CursorValue {
  return typeof value === 'string' || isRawNumber(value);
}

/** Below 0, 0 or above 0, as `Array.sort` has it; undefined for a text against a number. Integers of any size compare exactly. */
export function compareCursors(a: CursorValue, b: CursorValue): number | undefined {
  if (typeof a === 'string' || typeof b === 'string') {
    if (typeof a !== typeof b) return undefined;
    return a === b ? 0 : a < b ? -1 : 1;
  }
  const exact = integer.test(a.rawJSON) && integer.test(b.rawJSON);
  const [left, right] = exact ? [BigInt(a.rawJSON), BigInt(b.rawJSON)] : [Number(a.rawJSON), Number(b.rawJSON)];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** As a query parameter. */
export function cursorText(value: CursorValue): string {
  return typeof value === 'string' ? value : value.rawJSON;
}
