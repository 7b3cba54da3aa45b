import type { Continuation, RecoveryHint, SkipMessage } from './messages/message.ts';

/** Stored lengths of text: most texts, and the message of a connector's error. */
export const MAX_TEXT_CHARS = 200;
export const MAX_ERROR_MESSAGE_CHARS = 500;
const MAX_GAPS = 50;

/** Something that a run knows that it did not collect or keep, as rows and events hold it. Bounded and redacted. */
export interface KnownGap {
  readonly reason: string;
  readonly scope?: { readonly stream: string };
  readonly message?: string;
  readonly recovery_hint?: RecoveryHint;
  readonly continuation?: Continuation;
  /** Names and counts written by the runtime. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Masks the sensitive values of a run in a text, by value. */
export type Redact = (text: string) => string;

/** Redacts a connector's text, then cuts it to `maxChars` ending in `…`, in a form that PostgreSQL can hold (no NUL, no half character). */
export function storedText(text: string, redact: Redact, maxChars = MAX_TEXT_CHARS): string {
  const safe = redact(text).replaceAll('\0', '\ufffd').toWellFormed();
  return safe.length <= maxChars ? safe : `${safe.slice(0, maxChars - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The gap that a SKIP_RESULT declares (RT-4.4): scope, reason, message and hint, as far as they were sent. */
export function gapOfSkip(skip: SkipMessage, redact: Redact): KnownGap {
  const { continuation } = skip;
  return {
    reason: storedText(skip.reason ?? 'skipped', redact),
    ...(skip.stream === undefined ? {} : { scope: { stream: skip.stream } }),
    ...(skip.message === undefined ? {} : { message: storedText(skip.message, redact) }),
    ...(skip.recoveryHint === undefined ? {} : { recovery_hint: skip.recoveryHint }),
    ...(continuation === undefined ? {} : { continuation: { ...continuation, boundary: storedText(continuation.boundary, redact) } }),
  };
}

/** Known gaps of one run: the first 50 are kept, the rest is counted. */
export class KnownGaps {
  readonly #gaps: KnownGap[] = [];
  /** Gaps that did not fit: `known_gaps_omitted`. */
  omitted = 0;

  /** Adds a gap. One of the runtime's own (`always`) takes the place of the last that was kept, rather than being left out. */
  add(gap: KnownGap, always = false): void {
    if (this.#gaps.length < MAX_GAPS) {
      this.#gaps.push(gap);
      return;
    }
    this.omitted++;
    if (always) this.#gaps[MAX_GAPS - 1] = gap;
  }

  /** What is kept, in the order in which it came. */
  list(): readonly KnownGap[] {
    return this.#gaps;
  }
}
