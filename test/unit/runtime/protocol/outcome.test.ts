import { describe, expect, test } from '@jest/globals';
import type { DoneError, DoneMessage } from '../../../../runtime/protocol/messages/message.ts';
import { decideOutcome, failureVerdict, type RunFacts } from '../../../../runtime/protocol/outcome.ts';
import type { Violation } from '../../../../runtime/protocol/violation.ts';
import { recoveryActions } from '../../../../schemas/run-words.ts';

const violation: Violation = { subtype: 'record_key_mismatch', message_type: 'RECORD' };
const truncated: Violation = { subtype: 'invalid_json_line', message_type: null };
const exited = (code: number) => ({ code, signal: null });
const killed = { code: null, signal: 'SIGKILL' };

function done(status: DoneMessage['status'], recordsEmitted = 3, error?: DoneError): DoneMessage {
  return { kind: 'done', status, recordsEmitted, ...(error === undefined ? {} : { error }) };
}

interface FactMods extends Partial<Omit<RunFacts, 'session'>> {
  session?: Partial<RunFacts['session']>;
}

function facts(mods: FactMods = {}): RunFacts {
  const session = { done: done('succeeded'), violation: null, truncated: null, recordsAccepted: 3, failedStreams: new Set<string>() };
  return { leaseLost: false, cancelled: false, fault: null, exit: exited(0), ...mods, session: { ...session, ...mods.session } };
}

const certified = {
  exit: exited(1),
  session: {
    done: done('failed', 3, { message: 'x', code: 'stream_collection_failed', retryable: true }),
    failedStreams: new Set(['items']),
  },
};

describe('the order of decision', () => {
  const fault = { reason: 'DeadlineExceeded', message: 'too long' } as const;
  const everything = { leaseLost: true, cancelled: true, fault, exit: exited(9), session: { violation, done: null, recordsAccepted: 4 } };

  test.each([
    ['1: a lost lease writes nothing', everything, { state: 'abandoned', reason: 'LeaseLost', mayWrite: false }],
    ['2: a cancel', { ...everything, leaseLost: false }, { state: 'cancelled', reason: 'cancelled', violation: null, retryable: false }],
    ['2: a cancel over a certified failure', { ...certified, cancelled: true }, { reason: 'cancelled', commit: 'none' }],
    ['2: a cancel over a success', { cancelled: true }, { reason: 'cancelled', commit: 'none' }],
    [
      '3: a violation',
      { ...everything, leaseLost: false, cancelled: false },
      { state: 'failed', reason: 'connector_protocol_violation', violation, failureClass: 'permanent', retryable: false },
    ],
    [
      '4: a limit or an error of the runtime',
      { fault, exit: killed, session: { done: null } },
      { state: 'failed', reason: 'DeadlineExceeded', message: 'too long', failureClass: 'transient', retryable: true },
    ],
    [
      '4: also after a DONE',
      { fault: { reason: 'connector_exit_timeout', message: 'alive' } as const, exit: killed },
      { reason: 'connector_exit_timeout' },
    ],
    [
      '5: no DONE',
      { exit: exited(0), session: { done: null } },
      { state: 'failed', reason: 'connector_exit_without_done', retryable: true },
    ],
    ['6: the exit code', { exit: exited(1), session: { recordsAccepted: 4 } }, { violation: { subtype: 'exit_code_mismatch' } }],
    ['7: the count', { session: { recordsAccepted: 4 } }, { violation: { subtype: 'records_emitted_mismatch', expected: 4, received: 3 } }],
    ['8: success', {}, { state: 'succeeded', reason: null, failureClass: null, commit: 'eligible', retryable: false }],
  ] satisfies [string, FactMods, object][])('[RT-3.4, PROTO-30] %s', (_name, mods, verdict) => {
    expect(decideOutcome(facts(mods))).toMatchObject({ commit: 'none', mayWrite: true, ...verdict });
  });

  test.each([
    ['succeeded', exited(0), null],
    ['succeeded', exited(1), 'exit_code_mismatch'],
    ['succeeded', killed, 'exit_code_mismatch'],
    ['failed', exited(0), 'exit_code_mismatch'],
    ['failed', exited(1), null],
    ['failed', killed, null],
    ['cancelled', exited(0), 'exit_code_mismatch'],
    ['cancelled', exited(1), null],
    ['cancelled', killed, null],
  ] as const)('[RT-3.4, PROTO-30] DONE %s with %j', (status, exit, subtype) => {
    const verdict = decideOutcome(facts({ exit, session: { done: done(status) } }));
    expect(verdict.violation?.subtype ?? null).toBe(subtype);
    expect(verdict.state).toBe(subtype === null ? status : 'failed');
  });

  test.each([2, 4])('[RT-3.4, PROTO-30] %d records reported of 3 fail a run of any status, and nothing commits', (reported) => {
    for (const status of ['succeeded', 'failed', 'cancelled'] as const) {
      const verdict = decideOutcome(facts({ exit: exited(status === 'succeeded' ? 0 : 1), session: { done: done(status, reported) } }));
      expect(verdict).toMatchObject({ state: 'failed', commit: 'none', violation: { expected: 3, received: reported } });
    }
  });

  test('[PROTO-12] an unfinished last line is a violation of a connector that exited, not of one that was killed', () => {
    const session = { done: null, truncated };
    expect(decideOutcome(facts({ exit: exited(1), session }))).toMatchObject({ violation: truncated, retryable: false });
    expect(decideOutcome(facts({ exit: killed, session }))).toMatchObject({ reason: 'connector_exit_without_done', retryable: true });
    expect(decideOutcome(facts({ exit: killed, session })).message).toContain('SIGKILL');
  });
});

describe('a failure that the connector reports', () => {
  const reported = (error: DoneError | undefined, failedStreams: readonly string[] = []) =>
    decideOutcome(facts({ exit: exited(1), session: { done: done('failed', 3, error), failedStreams: new Set(failedStreams) } }));
  const message = 'retry by runtime, it is transient: 503';

  test.each([
    ['code and skip', 'stream_collection_failed', ['items'], true],
    ['the code alone', 'stream_collection_failed', [], false],
    ['the skip alone', 'other', ['items'], false],
    ['the skip without any code', undefined, ['items'], false],
  ])('[PROTO-30] is certified by %s: %#', (_name, code, failedStreams, isCertified) => {
    const verdict = reported({ message, ...(code === undefined ? {} : { code }) }, failedStreams);
    expect(verdict).toMatchObject({ state: 'failed', certifiedFailure: isCertified, commit: isCertified ? 'eligible' : 'none' });
  });

  test('[PROTO-25] text of the connector never decides', () => {
    expect(reported({ message, code: 'retry_by_runtime', retryable: false })).toMatchObject({
      retryable: false,
      failureClass: 'permanent',
    });
    expect(reported({ message: 'permanent, do not retry', code: 'not_retriable', retryable: true })).toMatchObject({ retryable: true });
  });

  test.each([
    ['nothing', undefined, false],
    ['retryable missing', { message }, false],
    ['retryable true', { message, retryable: true }, true],
    ['retryable false', { message, retryable: false }, false],
    ['a hint to retry', { message, recoveryHint: { action: 'retry_by_runtime' } }, true],
    ['a hint to retry, but retryable false', { message, retryable: false, recoveryHint: { action: 'retry_by_runtime' } }, false],
    [
      'a hint to retry that says false itself',
      { message, retryable: true, recoveryHint: { action: 'retry_by_runtime', retryable: false } },
      false,
    ],
    ['unknown with retryable true', { message, retryable: true, recoveryHint: { action: 'unknown' } }, true],
    ['unknown that says true itself', { message, recoveryHint: { action: 'unknown', retryable: true } }, true],
    ['unknown alone', { message, recoveryHint: { action: 'unknown' } }, false],
  ] as [string, DoneError | undefined, boolean][])('[PROTO-25] is retried by %s: %#', (_name, error, retryable) => {
    expect(reported(error)).toMatchObject({
      reason: 'connector_reported_failed',
      retryable,
      failureClass: retryable ? 'transient' : 'permanent',
    });
  });

  const others = Object.keys(recoveryActions).filter((word) => word !== 'retry_by_runtime' && word !== 'unknown');
  test.each(others as (keyof typeof recoveryActions)[])('[PROTO-25] the hint %s is final, whatever retryable says', (action) => {
    expect(reported({ message, retryable: true, recoveryHint: { action, retryable: true } }).retryable).toBe(false);
  });

  test('a cancelled DONE ends as cancelled and commits nothing', () => {
    const verdict = decideOutcome(facts({ exit: exited(1), session: { done: done('cancelled') } }));
    expect(verdict).toMatchObject({ state: 'cancelled', reason: 'connector_reported_cancelled', commit: 'none', retryable: false });
  });
});

test('a refusal before spawn is a failure of its reason', () => {
  expect(failureVerdict({ reason: 'CredentialUnavailable', message: 'no token' })).toMatchObject({
    state: 'failed',
    reason: 'CredentialUnavailable',
    message: 'no token',
    failureClass: 'permanent',
    retryable: false,
    commit: 'none',
  });
});
