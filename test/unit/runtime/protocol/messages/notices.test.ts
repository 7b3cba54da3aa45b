import { describe, expect, test } from '@jest/globals';
import { recoveryActions } from '../../../../../schemas/run-words.ts';
import { feed, session, verdictOf } from '../../../../gen/protocol.ts';

const progress = (mods: object = {}) => ({ type: 'PROGRESS', message: 'half way', ...mods });
const skip = (mods: object = {}) => ({ type: 'SKIP_RESULT', stream: 'items', reason: 'not_found', ...mods });
const slice = { boundary: 'uid', slice_start: 0, slice_end: 9, considered: 10, covered: 8, remaining: true, owner: 'runtime' };
const failed = (error: object) => ({
  type: 'DONE',
  status: 'failed',
  records_emitted: 0,
  error: { message: 'broken', retryable: false, ...error },
});

describe('PROGRESS', () => {
  test.each([
    ['only a message', progress(), 'progress'],
    ['everything', progress({ stream: 'items', count: 0, total: 1.5 }), 'progress'],
    ['null for what is optional', progress({ stream: null, count: null, total: null }), 'progress'],
    ['no message', progress({ message: undefined }), 'progress_invalid'],
    ['an empty message', progress({ message: '' }), 'progress_invalid'],
    ['a message that is no text', progress({ message: 7 }), 'progress_invalid'],
    ['a negative count', progress({ count: -1 }), 'progress_invalid'],
    ['a text as count', progress({ count: '1' }), 'progress_invalid'],
    ['a total that is no finite number', JSON.stringify(progress({ total: 0 })).replace(':0', ':1e999'), 'progress_invalid'],
    ['a stream that is no text', progress({ stream: 7 }), 'progress_invalid'],
    ['a foreign stream', progress({ stream: 'elsewhere' }), 'progress_for_undeclared_stream'],
  ])('[RT-2.3, RT-2.R1, PROTO-24] %s', (_name, message, verdict) => {
    expect(verdictOf(session(), message)).toBe(verdict);
  });

  test('[RT-4.3] holds what was sent and no more', () => {
    const effects = feed(session(), progress(), progress({ stream: 'items', count: 1, total: 2, colour: 'blue' }));
    expect(effects).toEqual([
      { kind: 'progress', message: 'half way' },
      { kind: 'progress', message: 'half way', stream: 'items', count: 1, total: 2 },
    ]);
  });
});

describe('SKIP_RESULT', () => {
  test.each([
    ['nothing but its type', { type: 'SKIP_RESULT' }, 'skip'],
    ['a stream and a reason', skip(), 'skip'],
    ['a foreign stream', skip({ stream: 'elsewhere' }), 'skip_result_for_undeclared_stream'],
    ['an empty reason', skip({ reason: '' }), 'skip_result_invalid'],
    ['a reason that is no text', skip({ reason: 7 }), 'skip_result_invalid'],
    ['an empty message', skip({ message: '' }), 'skip_result_invalid'],
    ['a whole continuation', skip({ continuation: slice }), 'skip'],
    ['null as continuation', skip({ continuation: null }), 'skip'],
    ['an empty continuation', skip({ continuation: {} }), 'skip_result_invalid'],
    ['an array as continuation', skip({ continuation: [] }), 'skip_result_invalid'],
    ...Object.keys(slice).map((name): [string, object, string] => [
      `a continuation without ${name}`,
      skip({ continuation: { ...slice, [name]: undefined } }),
      'skip_result_invalid',
    ]),
    ['a fraction in the continuation', skip({ continuation: { ...slice, covered: 0.5 } }), 'skip_result_invalid'],
    ['a negative number in the continuation', skip({ continuation: { ...slice, slice_start: -1 } }), 'skip_result_invalid'],
    ['a continuation with nothing remaining', skip({ continuation: { ...slice, remaining: false } }), 'skip_result_invalid'],
    ['a continuation of another owner', skip({ continuation: { ...slice, owner: 'connector' } }), 'skip_result_invalid'],
  ])('[RT-2.3, RT-2.R1, PROTO-24] %s', (_name, message, verdict) => {
    expect(verdictOf(session(), message)).toBe(verdict);
  });

  test('[RT-2.R1, PROTO-24] only a failed and named stream counts as failed', () => {
    const run = session();
    feed(run, skip(), { type: 'SKIP_RESULT', reason: 'stream_collection_failed' });
    expect(run.failedStreams.size).toBe(0);
    feed(run, skip({ reason: 'stream_collection_failed' }));
    expect([...run.failedStreams]).toEqual(['items']);
  });
});

describe('recovery hints', () => {
  const words = Object.keys(recoveryActions);

  test.each(
    words.flatMap((word): [unknown, object][] => [
      [word, { action: word }],
      [{ action: word }, { action: word }],
      [
        { action: word, retryable: true },
        { action: word, retryable: true },
      ],
      [{ action: word, retryable: null }, { action: word }],
    ]),
  )('[PROTO-25] %j passes in both places', (hint, expected) => {
    expect(feed(session(), skip({ recovery_hint: hint }))[0]).toMatchObject({ kind: 'skip', recoveryHint: expected });
    expect(feed(session(), failed({ recovery_hint: hint }))[0]).toMatchObject({ kind: 'done', error: { recoveryHint: expected } });
  });

  test.each([
    [{}],
    [{ retryable: true }],
    [{ action: 'unknown', retryable: true, after: 3 }],
    [{ action: 'unknown', retryable: 'yes' }],
    [{ action: ['unknown'] }],
    ['try_again'],
    ['toString'],
    [''],
    [7],
    [true],
    [['unknown']],
  ])('[PROTO-25] %j fails the message in both places', (hint) => {
    expect(verdictOf(session(), skip({ recovery_hint: hint }))).toBe('recovery_hint_invalid');
    expect(verdictOf(session(), failed({ recovery_hint: hint }))).toBe('recovery_hint_invalid');
  });

  test('[PROTO-25] null is no hint', () => {
    expect(feed(session(), skip({ recovery_hint: null }))[0]).not.toHaveProperty('recoveryHint');
  });
});

describe('DONE', () => {
  const done = (mods: object) => ({ type: 'DONE', status: 'succeeded', records_emitted: 0, ...mods });
  const error = { message: 'broken', retryable: true };

  test.each([
    ['succeeded', done({}), 'done'],
    ['succeeded with null as error', done({ error: null }), 'done'],
    ['succeeded with an error', done({ error }), 'done_invalid'],
    ['failed with an error', done({ status: 'failed', error }), 'done'],
    ['failed without error', done({ status: 'failed' }), 'done'],
    ['cancelled with an error', done({ status: 'cancelled', error }), 'done'],
    ['an unknown status', done({ status: 'aborted' }), 'done_invalid'],
    ['no status', done({ status: undefined }), 'done_invalid'],
    ['no count', done({ records_emitted: undefined }), 'done_invalid'],
    ['a negative count', done({ records_emitted: -1 }), 'done_invalid'],
    ['a fraction as count', done({ records_emitted: 0.5 }), 'done_invalid'],
    ['a text as count', done({ records_emitted: '0' }), 'done_invalid'],
    ['a text as error', done({ status: 'failed', error: 'broken' }), 'done_invalid'],
    ['an error without message', done({ status: 'failed', error: { retryable: true } }), 'done_invalid'],
    ['an error with an empty message', done({ status: 'failed', error: { ...error, message: '' } }), 'done_invalid'],
    ['an error with another member', done({ status: 'failed', error: { ...error, stack: 'x' } }), 'done_invalid'],
    ['an error whose retryable is no boolean', done({ status: 'failed', error: { ...error, retryable: 'no' } }), 'done_invalid'],
    ['an error with a code', done({ status: 'failed', error: { ...error, code: 'login_expired' } }), 'done'],
    ['a code in capitals', done({ status: 'failed', error: { ...error, code: 'Login' } }), 'done_invalid'],
    ['a code that is too long', done({ status: 'failed', error: { ...error, code: 'a'.repeat(65) } }), 'done_invalid'],
    ['a code that begins with a digit', done({ status: 'failed', error: { ...error, code: '4xx' } }), 'done_invalid'],
  ])('[RT-2.R1, PROTO-29] %s', (_name, message, verdict) => {
    const run = session();
    expect(verdictOf(run, message)).toBe(verdict);
    expect(run.done === null).toBe(verdict !== 'done');
  });

  test('[PROTO-29] an error without retryable is tolerated with a warning', () => {
    const run = session();
    expect(verdictOf(run, done({ status: 'failed', error: { message: 'broken' } }))).toBe('done');
    expect([...run.warnings]).toEqual(['done_error_without_retryable']);
  });
});
