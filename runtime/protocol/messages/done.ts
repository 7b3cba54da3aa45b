import { isObject, MemberReader, type Members, present } from './members.ts';
import type { DoneError, DoneMessage } from './message.ts';
import { readRecoveryHint } from './recovery-hint.ts';

const TYPE = 'DONE';
const CODE = /^[a-z][a-z0-9_]{0,63}$/;
const ERROR_MEMBERS = ['message', 'retryable', 'code', 'recovery_hint'];

/** Checks a DONE (protocol A13). Throws `done_invalid` or `recovery_hint_invalid`. The count is judged at the end of the run. */
export function readDone(message: Members): DoneMessage {
  const reader = new MemberReader(TYPE, 'done_invalid', message);
  const status = reader.get('status');
  if (!isStatus(status)) throw reader.fail('status', 'succeeded, failed or cancelled');
  const recordsEmitted = reader.required('records_emitted', reader.count('records_emitted'));
  const error = reader.get('error');
  if (error !== undefined && status === 'succeeded') throw reader.fail('error', 'absent on succeeded');
  if (error !== undefined && !isObject(error)) throw reader.fail('error', 'object');
  return present<DoneMessage>({ kind: 'done', status, recordsEmitted, error: error === undefined ? undefined : readError(error) });
}

function readError(error: Members): DoneError {
  const reader = new MemberReader(TYPE, 'done_invalid', error, 'error.');
  const other = Object.keys(error).find((name) => !ERROR_MEMBERS.includes(name));
  // the name is the connector's own text: its length tells enough
  if (other !== undefined) throw new MemberReader(TYPE, 'done_invalid', { error }).fail('error', `only ${ERROR_MEMBERS.join(', ')}`);
  const code = reader.text('code');
  if (code !== undefined && !CODE.test(code)) throw reader.fail('code', CODE.source);
  return present<DoneError>({
    message: reader.required('message', reader.text('message')),
    code,
    retryable: reader.flag('retryable'),
    recoveryHint: readRecoveryHint(error['recovery_hint'], TYPE),
  });
}

function isStatus(value: unknown): value is DoneMessage['status'] {
  return value === 'succeeded' || value === 'failed' || value === 'cancelled';
}
