import { describe, expect, test } from '@jest/globals';
import { defaultLimits } from '../../../../../runtime/protocol/limits.ts';
import { feed, session, stream, verdictOf } from '../../../../gen/protocol.ts';

const state = (cursor: string, more = '"stream":"items",') => `{"type":"STATE",${more}"cursor":${cursor}}`;
const secret = 'hunter2-hunter2';

describe('STATE', () => {
  test.each([
    ['a stream outside the scope', state('{}', '"stream":"elsewhere",'), 'state_for_undeclared_stream'],
    ['no stream', state('{}', ''), 'state_for_undeclared_stream'],
    ['a text as cursor', state('"4711"'), 'state_cursor_invalid'],
    ['a number as cursor', state('4711'), 'state_cursor_invalid'],
    ['an array as cursor', state('[4711]'), 'state_cursor_invalid'],
    ['no cursor', '{"type":"STATE","stream":"items"}', 'state_cursor_invalid'],
    ['NUL in the cursor', state('{"a":"\\u0000"}'), 'state_cursor_invalid'],
    ['half a surrogate pair in the cursor', state('{"\\ud800":1}'), 'state_cursor_invalid'],
    ['a number out of range in the cursor', state('{"a":1e999999}'), 'state_cursor_invalid'],
    ['an object', state('{"uid":4711}'), 'state'],
    ['null, which clears the stored cursor', state('null'), 'state'],
  ])('[RT-2.2, RT-2.R1, PROTO-17] %s', (_name, text, verdict) => {
    const run = session();
    expect(verdictOf(run, text)).toBe(verdict);
    expect(run.staged.size).toBe(verdict === 'state' ? 1 : 0);
  });

  test('[PROTO-9, PROTO-17] the newest cursor of a stream is staged, as exact source text', () => {
    const run = session({ streams: [stream(), stream({ name: 'others' })] });
    const cursor = '{ "uid":9007199254740993,"at":0.123456789012345678901234567890 }';
    const effects = feed(run, state('{"uid":1}'), state('null', '"stream":"others",'), state(cursor));
    expect(effects.at(-1)).toEqual({ kind: 'state', stream: 'items', cursorText: cursor });
    expect([...run.staged]).toEqual([
      ['items', cursor],
      ['others', 'null'],
    ]);
  });

  test('[PROTO-12, PROTO-17] a cursor over the limit of bytes', () => {
    const limits = { ...defaultLimits, maxCursorBytes: 20 };
    expect(verdictOf(session({ limits }), state(`{"a":"${'é'.repeat(6)}"}`))).toBe('state');
    expect(verdictOf(session({ limits }), state(`{"a":"${'é'.repeat(7)}"}`))).toBe('cursor_too_large');
  });

  test.each([
    ['as it is', `{"token":"${secret}"}`, 'secret_in_state'],
    ['inside a longer text', `{"a":["Bearer ${secret}!"]}`, 'secret_in_state'],
    ['written with escapes', `{"a":"\\u0068unter2-hunter2"}`, 'secret_in_state'],
    ['as a name', `{"${secret}":1}`, 'secret_in_state'],
    ['a short one by chance', '{"a":"7 chars"}', 'state'],
    ['another text', '{"a":"hunter3-hunter3"}', 'state'],
  ])('[RT-2.R1, PROTO-17] a secret in the cursor, %s', (_name, cursor, verdict) => {
    const run = session({ sensitiveValues: [secret, '7 chars'] });
    expect(verdictOf(run, state(cursor))).toBe(verdict);
    expect(JSON.stringify(run.violation)).not.toContain(secret);
  });
});
