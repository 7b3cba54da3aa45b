import { describe, expect, test } from '@jest/globals';
import { defaultLimits } from '../../../../runtime/protocol/limits.ts';
import { compileScope } from '../../../../runtime/protocol/scope/compile-scope.ts';
import { ProtocolSession } from '../../../../runtime/protocol/session.ts';
import { feed, record, session, split, stream, verdictOf } from '../../../gen/protocol.ts';

const done = { type: 'DONE', status: 'succeeded', records_emitted: 1 };
const state = { type: 'STATE', stream: 'items', cursor: { uid: 1 } };

describe('lines that are no message', () => {
  const nested = (levels: number) => `{"type":"PROGRESS","message":"x","extra":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

  test.each([
    ['bad JSON', '{"type":', 'invalid_json_line'],
    ['two values', '{} {}', 'invalid_json_line'],
    ['a byte order mark', `\ufeff${JSON.stringify(done)}`, 'invalid_json_line'],
    ['a raw NUL', '{"type":"PROGRESS","message":"\0"}', 'invalid_json_line'],
    ['an array', '[]', 'not_an_object'],
    ['a text', '"RECORD"', 'not_an_object'],
    ['null', 'null', 'not_an_object'],
    ['no type', '{}', 'unknown_message_type'],
    ['a type that is no text', '{"type":["RECORD"]}', 'unknown_message_type'],
    ['a type in small letters', '{"type":"record"}', 'unknown_message_type'],
    ['a message outside the profile', '{"type":"DETAIL_GAPS_PAGE_REQUEST"}', 'unknown_message_type'],
    ['START from the connector', '{"type":"START"}', 'unknown_message_type'],
    ['64 levels', nested(64), 'progress'],
    ['65 levels', nested(65), 'json_too_deep'],
    ['an interaction', '{"type":"INTERACTION","request_id":"1","kind":"otp","message":"code?"}', 'interaction_not_available'],
    ['detail coverage', '{"type":"DETAIL_COVERAGE"}', 'detail_not_available'],
    ['a detail gap', '{"type":"DETAIL_GAP"}', 'detail_not_available'],
  ])('[RT-2.R1, PROTO-8] %s', (_name, line, verdict) => {
    expect(verdictOf(session(), line)).toBe(verdict);
  });

  test('[PROTO-8] bytes that are no UTF-8, and a line over the limit', () => {
    const limits = { ...defaultLimits, maxLineBytes: 10 };
    const kinds = (output: Buffer) => split(output, 10).map((line) => session({ limits }).accept(line));
    expect(kinds(Buffer.from([0x22, 0xff, 0x22, 0x0a]))).toMatchObject([{ violation: { subtype: 'invalid_utf8', received: 3 } }]);
    expect(kinds(Buffer.from('x'.repeat(11) + '\n'))).toMatchObject([
      { violation: { subtype: 'line_too_long', expected: 10, received: 11 } },
    ]);
  });

  test('[PROTO-8] the line itself is never told', () => {
    const run = session();
    feed(run, 'hunter2 is no JSON');
    expect(run.violation).toEqual({ subtype: 'invalid_json_line', message_type: null, expected: 'one JSON object', received: 18 });
  });
});

describe('phases', () => {
  test('[PROTO-12] a line before START was written is a violation', () => {
    const streams = [stream()];
    const early = new ProtocolSession({ scope: compileScope({ streams: [{ name: 'items' }] }, streams) });
    expect(verdictOf(early, record())).toBe('output_before_start');
  });

  test('START cannot be written twice', () => {
    expect(() => session().startWritten()).toThrow('start_written');
  });

  test.each([
    ['a record', record()],
    ['broken text', '}'],
    ['a second DONE', done],
    ['a message of an unknown type', { type: 'BYE' }],
  ])('[RT-2.4, PROTO-30] %s after DONE', (_name, line) => {
    const run = session();
    expect(verdictOf(run, record(), state, done, line)).toBe('message_after_done');
    expect(run.recordsAccepted).toBe(1);
  });

  test('[RT-2.4, PROTO-30] a blank line after DONE is harmless', () => {
    const run = session();
    expect(verdictOf(run, record(), done, '', '  ', '\r')).toBe('done');
    expect(run.violation).toBeNull();
  });

  test('[RT-2.R1] after a violation nothing has an effect', () => {
    const run = session();
    expect(feed(run, record(), record({ stream: 'elsewhere' }), record(), state, done).map((effect) => effect?.kind)).toEqual([
      'record',
      'violation',
      undefined,
      undefined,
      undefined,
    ]);
    expect(run).toMatchObject({ recordsAccepted: 1, done: null, violation: { stream: 'elsewhere' }, phase: 'closed' });
    expect(run.staged.size).toBe(0);
  });

  test('[PROTO-12] when the runtime ends the run, output that is cut short by it is no violation', () => {
    const run = session();
    run.close();
    expect(feed(run, '{"type":"REC')).toEqual([null]);
    expect(run).toMatchObject({ violation: null, truncated: null });
  });
});

describe('the end of the output', () => {
  test('[PROTO-8] a last line without newline counts when it parses', () => {
    const run = session();
    expect(split(Buffer.from(JSON.stringify(record()))).map((line) => run.accept(line)?.kind)).toEqual(['record']);
  });

  test.each([
    ['does not parse', Buffer.from('{"type":"REC'), 'invalid_json_line'],
    ['ends within a character', Buffer.from([0x22, 0xc3]), 'invalid_utf8'],
  ])('[PROTO-12] one that %s is kept for the outcome to judge', (_name, output, subtype) => {
    const run = session();
    expect(split(output).map((line) => run.accept(line))).toEqual([null]);
    expect(run).toMatchObject({ violation: null, truncated: { subtype } });
  });

  test('[RT-2.4, PROTO-30] after DONE it is output after DONE', () => {
    const run = session();
    feed(run, record(), done);
    expect(split(Buffer.from('{"type":"REC')).map((line) => run.accept(line))).toMatchObject([
      { violation: { subtype: 'message_after_done' } },
    ]);
  });
});

describe('counts', () => {
  test('[PROTO-30] every accepted RECORD counts, deletes and repeats too, by stream', () => {
    const run = session({ streams: [stream(), stream({ name: 'others' })] });
    feed(run, record(), record(), record({ stream: 'others', op: 'delete', data: undefined }));
    expect(run.recordsAccepted).toBe(3);
    expect([...run.recordsByStream]).toEqual([
      ['items', 2],
      ['others', 1],
    ]);
  });

  test("[PROTO-19] a dependent stream's own STATE is staged with a warning; a parent's without", () => {
    const streams = [stream(), stream({ name: 'bodies', stateStream: 'items', coverageStrategy: 'checkpoint_window' })];
    const run = session({ streams });
    expect(verdictOf(run, state)).toBe('state');
    expect(run.warnings.size).toBe(0);
    expect(verdictOf(run, { ...state, stream: 'bodies' })).toBe('state');
    expect([...run.warnings]).toEqual(['state_of_dependent_stream']);
  });
});

describe('violations', () => {
  test('[RT-2.3] are bounded: texts at 200 characters, lists at 20 items', () => {
    const streams = Array.from({ length: 30 }, (_, index) => stream({ name: `s${index}` }));
    const run = session({ streams });
    feed(run, { type: 'PROGRESS', message: 'x', stream: 'y'.repeat(500) });
    expect(run.violation).toMatchObject({ subtype: 'progress_for_undeclared_stream', stream: 'y'.repeat(200) });
    expect(run.violation?.expected).toHaveLength(20);
  });
});
