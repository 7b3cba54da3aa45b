/** The colours that `output.ts` paints with. */
const OWN_COLOUR = String.raw`\u001b\[(?:3[1-3]|39)m`;
/** C0 and C1 but tab and line ends, DEL, and what turns the direction of text around. */
const CONTROL = String.raw`\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]`;
const EITHER = new RegExp(`${OWN_COLOUR}|${CONTROL}`, 'g');

/**
 * A text that is safe to show on a terminal: control characters, which connectors may have put into a message or a log, are shown as
 * `\x1b` or `\u202e` instead of being obeyed. Our own colours stay.
 */
export function terminalText(text: string): string {
  return text.replace(EITHER, (found) => (found.length > 1 ? found : shown(found.charCodeAt(0))));
}

function shown(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
