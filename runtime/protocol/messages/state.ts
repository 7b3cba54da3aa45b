import type { ProtocolLimits } from '../limits.ts';
import type { CompiledScope } from '../scope/compile-scope.ts';
import { ProtocolViolation, typeName } from '../violation.ts';
import type { Envelope } from '../wire/envelope.ts';
import { unstorableTexts } from '../wire/unstorable.ts';
import { isObject, scopedStream } from './members.ts';
import type { StateMessage } from './message.ts';
import { findSecret } from './secret-in-state.ts';

const TYPE = 'STATE';

/** Checks a STATE (protocol A9). `secrets` are the sensitive values resolved for this run. Throws a STATE violation. */
export function readState(envelope: Envelope, scope: CompiledScope, secrets: readonly string[], limits: ProtocolLimits): StateMessage {
  const { cursorText, message } = envelope;
  const { name: stream } = scopedStream(message['stream'], scope, TYPE, 'state_for_undeclared_stream');
  const cursor = message['cursor'];
  if (cursorText === null || (cursor !== null && !isObject(cursor))) throw invalid(stream, 'object or null', typeName(cursor));
  const bytes = Buffer.byteLength(cursorText);
  if (bytes > limits.maxCursorBytes) {
    throw new ProtocolViolation({
      subtype: 'cursor_too_large',
      message_type: TYPE,
      stream,
      expected: limits.maxCursorBytes,
      received: bytes,
    });
  }
  const unstorable = envelope.numberOutOfRange ? 'number out of range' : envelope.suspectText ? unstorableTexts(cursor) : null;
  if (unstorable !== null) throw invalid(stream, 'what PostgreSQL can hold', unstorable);
  if (findSecret(cursor, secrets)) throw new ProtocolViolation({ subtype: 'secret_in_state', message_type: TYPE, stream });
  // copied: a slice would keep its whole line, up to 16 MiB, for as long as the cursor is staged
  return { kind: 'state', stream, cursorText: Buffer.from(cursorText).toString() };
}

function invalid(stream: string, expected: string, received: string): ProtocolViolation {
  return new ProtocolViolation({ subtype: 'state_cursor_invalid', message_type: TYPE, stream, expected, received });
}
