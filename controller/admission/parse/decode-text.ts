import type { FindingDraft } from '../../apis/finding.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { type TextPosition, positionOf } from './text-position.ts';

/** Control characters other than tab, line ends and NEL, and the two code points that are no characters. */
const FORBIDDEN = /(?![\t\n\r\u0085])[\p{Cc}\ufffe\uffff]/u;

/** Text without its byte order mark, or why it cannot be read. */
export type DecodedText = { text: string } | { fault: FindingDraft; position?: TextPosition };

/** Decodes UTF-8 and refuses what no document may hold: other encodings, NUL and control characters, lone surrogates, too many bytes. */
export function decodeText(input: string | Uint8Array): DecodedText {
  const bytes = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength;
  if (bytes > MAX_FILE_BYTES) {
    return { fault: { at: [], reason: 'DocumentTooLarge', message: `the file has ${bytes} bytes; at most ${MAX_FILE_BYTES} are read` } };
  }
  const text = typeof input === 'string' ? withoutMark(input) : utf8(input);
  if (text === undefined || !text.isWellFormed()) {
    return { fault: { at: [], reason: 'EncodingInvalid', message: 'the text is not valid UTF-8' } };
  }
  const bad = FORBIDDEN.exec(text);
  if (bad === null) return { text };
  const code = bad[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return {
    fault: { at: [], reason: 'EncodingInvalid', message: `the text holds the control character U+${code}` },
    position: positionOf(text, bad.index),
  };
}

function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder's only error: bytes that are not UTF-8 (UTF-16 with its mark among them).
    return undefined;
  }
}
