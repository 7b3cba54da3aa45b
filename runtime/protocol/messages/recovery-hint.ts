import { type RecoveryAction, recoveryActions } from '../../../schemas/run-words.ts';
import { ProtocolViolation, typeName } from '../violation.ts';
import { isObject } from './members.ts';
import type { RecoveryHint } from './message.ts';

/**
 * Reads a recovery hint: a word of the closed vocabulary, or `{action, retryable?}` with no other member. Null and absent are
 * undefined; anything else rejects the whole message with `recovery_hint_invalid`.
 */
export function readRecoveryHint(value: unknown, messageType: string): RecoveryHint | undefined {
  if (value === undefined || value === null) return undefined;
  const hint = isObject(value) ? fromObject(value) : fromWord(value);
  if (hint !== null) return hint;
  throw new ProtocolViolation({
    subtype: 'recovery_hint_invalid',
    message_type: messageType,
    expected: Object.keys(recoveryActions),
    received: typeName(value),
  });
}

function fromWord(value: unknown): RecoveryHint | null {
  return typeof value === 'string' && Object.hasOwn(recoveryActions, value) ? { action: value as RecoveryAction } : null;
}

function fromObject(value: Readonly<Record<string, unknown>>): RecoveryHint | null {
  const { action, retryable, ...others } = value;
  const word = fromWord(action);
  if (word === null || Object.keys(others).length > 0) return null;
  if (retryable === undefined || retryable === null) return word;
  return typeof retryable === 'boolean' ? { ...word, retryable } : null;
}
