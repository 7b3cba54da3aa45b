import type { CompiledScope } from '../scope/compile-scope.ts';
import { isObject, MemberReader, type Members, present, scopedStream } from './members.ts';
import type { Continuation, SkipMessage } from './message.ts';
import { readRecoveryHint } from './recovery-hint.ts';

/** The reason that names a failed stream; with a matching DONE it certifies a stream-scoped failure (protocol A13). */
export const STREAM_COLLECTION_FAILED = 'stream_collection_failed';

const TYPE = 'SKIP_RESULT';

/** Checks a SKIP_RESULT (protocol A11). Throws `skip_result_invalid`, `skip_result_for_undeclared_stream` or `recovery_hint_invalid`. */
export function readSkipResult(message: Members, scope: CompiledScope): SkipMessage {
  const reader = new MemberReader(TYPE, 'skip_result_invalid', message);
  const stream = reader.text('stream');
  if (stream !== undefined) scopedStream(stream, scope, TYPE, 'skip_result_for_undeclared_stream');
  return present<SkipMessage>({
    kind: 'skip',
    stream,
    reason: reader.text('reason'),
    message: reader.text('message'),
    continuation: readContinuation(reader),
    recoveryHint: readRecoveryHint(message['recovery_hint'], TYPE),
  });
}

/** All members or the whole message is refused; it proves that slice only. */
function readContinuation(message: MemberReader): Continuation | undefined {
  const value = message.get('continuation');
  if (value === undefined) return undefined;
  if (!isObject(value)) throw message.fail('continuation', 'object');
  const reader = new MemberReader(TYPE, 'skip_result_invalid', value, 'continuation.');
  const integer = (name: string): number => reader.required(name, reader.count(name));
  if (reader.get('remaining') !== true) throw reader.fail('remaining', 'true');
  if (reader.get('owner') !== 'runtime') throw reader.fail('owner', 'runtime');
  return {
    boundary: reader.required('boundary', reader.text('boundary')),
    slice_start: integer('slice_start'),
    slice_end: integer('slice_end'),
    considered: integer('considered'),
    covered: integer('covered'),
    remaining: true,
    owner: 'runtime',
  };
}
