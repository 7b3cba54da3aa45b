import type { CompiledScope } from '../scope/compile-scope.ts';
import { MemberReader, type Members, present, scopedStream } from './members.ts';
import type { ProgressMessage } from './message.ts';

/** Checks a PROGRESS (protocol A11). Throws `progress_invalid` or `progress_for_undeclared_stream`. */
export function readProgress(message: Members, scope: CompiledScope): ProgressMessage {
  const reader = new MemberReader('PROGRESS', 'progress_invalid', message);
  const text = reader.required('message', reader.text('message'));
  const stream = reader.text('stream');
  if (stream !== undefined) scopedStream(stream, scope, 'PROGRESS', 'progress_for_undeclared_stream');
  return present<ProgressMessage>({
    kind: 'progress',
    message: text,
    stream,
    count: reader.amount('count'),
    total: reader.amount('total'),
  });
}
