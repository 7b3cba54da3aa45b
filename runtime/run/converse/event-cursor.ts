/** A cursor in an event is told whole up to this length. */
const MAX_EVENT_CURSOR_CHARS = 8_192;
/** Every number with at most this many digits is exactly a double. */
const EXACT_DIGITS = 15;

type Reviver = (this: unknown, key: string, value: unknown) => unknown;

/** A cursor as an event shows it. Numbers that a double would change are shown as the text that was sent; a long cursor is only measured. */
export function eventCursor(cursorText: string): unknown {
  if (cursorText.length > MAX_EVENT_CURSOR_CHARS) return { truncated: true, bytes: Buffer.byteLength(cursorText) };
  const exact = (_key: string, value: unknown, context: { source?: string }): unknown => {
    const source = context.source ?? '';
    return typeof value === 'number' && source.replaceAll(/\D/g, '').length > EXACT_DIGITS ? source : value;
  };
  // The third argument (ES2025, source text access) is in the engine, not yet in the library's types.
  return JSON.parse(cursorText, exact as Reviver);
}
