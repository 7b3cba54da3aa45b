import { describe, expect, test } from '@jest/globals';
import { Fault } from '../../../../../platform/errors.ts';
import { defaultLimits } from '../../../../../runtime/protocol/limits.ts';
import { ProtocolSession } from '../../../../../runtime/protocol/session.ts';
import { Conversation, type ConversationParts } from '../../../../../runtime/run/converse/conversation.ts';
import { RunStop } from '../../../../../runtime/run/run-stop.ts';
import { type FakeChild, fakeChild } from '../../../../gen/fake-child.ts';
import { shortTimings } from '../../../../gen/executor.ts';
import { record, stream } from '../../../../gen/protocol.ts';
import { compileScope } from '../../../../../runtime/protocol/scope/compile-scope.ts';
import { normaliseScope } from '../../../../../runtime/protocol/scope/normalise-scope.ts';

const timings = { ...shortTimings, startMs: 60, exitMs: 60, stdoutHeldMs: 60, stdoutClosedMs: 60, graceMs: 40, handoverGraceMs: 20 };
const done = { type: 'DONE', status: 'succeeded', records_emitted: 1 };

function open(child: FakeChild, mods: Partial<ConversationParts> = {}, start = Promise.resolve('START\n')) {
  const streams = [stream()];
  const session = new ProtocolSession({ scope: compileScope(normaliseScope(streams, undefined), streams) });
  const stop = new RunStop();
  const acted: string[] = [];
  const conversation = new Conversation({
    child,
    session,
    stop,
    timings,
    maxLineBytes: defaultLimits.maxLineBytes,
    onMessage: (message) => {
      acted.push(message.kind);
      return undefined;
    },
    onDone: async () => void acted.push('settle'),
    ...mods,
  });
  return { session, stop, acted, end: conversation.hold(start) };
}

const started = async (child: FakeChild): Promise<string> => String((await child.stdin[Symbol.asyncIterator]().next()).value);
const soon = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a conversation', () => {
  test('[PROTO-4, PROTO-11] writes START, hears every message, settles at DONE, closes stdin, and ends with the exit', async () => {
    const child = fakeChild();
    const { end, acted, session } = open(child);
    expect(await started(child)).toBe('START\n');
    child.say(record(), done);
    await soon(10);
    expect(child.stdin.writableEnded).toBe(true);
    child.exit(0);
    expect(await end).toEqual({ exit: { code: 0, signal: null, oom: false }, fault: null });
    expect(acted).toEqual(['record', 'settle']);
    expect(session.done?.recordsEmitted).toBe(1);
  });

  test('[PROTO-12] holds no delay of our own against a connector that has exited', async () => {
    const child = fakeChild();
    const gate = Promise.withResolvers<void>();
    const { end } = open(child, { onMessage: () => gate.promise });
    await started(child);
    child.say(record(), done);
    child.exit(0, 'stdout held');
    await soon(200);
    child.stdout.end();
    gate.resolve();
    expect(await end).toMatchObject({ fault: null });
    expect(child.done).toEqual([]);
  });

  test('[PROTO-12] kills what holds stdout after the exit', async () => {
    const child = fakeChild();
    const { end } = open(child);
    await started(child);
    child.say(record(), done);
    child.exit(0, 'stdout held');
    expect(await end).toMatchObject({ fault: { reason: 'stdout_held' }, exit: { code: 0 } });
    expect(child.done).toContain('kill');
  });

  test('[PROTO-12] an exit ends the wait for the exit, though stdout is held for longer', async () => {
    const child = fakeChild();
    const { end } = open(child, { timings: { ...timings, exitMs: 500, stdoutHeldMs: 30_000 } });
    await started(child);
    child.say(record(), done);
    await soon(10);
    child.exit(0, 'stdout held');
    await soon(700);
    child.stdout.end();
    expect(await end).toMatchObject({ fault: null });
  });

  test('[RT-2.R1] after a violation hears nothing more and terminates the child', async () => {
    const child = fakeChild();
    const { end, acted, session } = open(child);
    await started(child);
    child.say(record(), 'broken', record());
    await end;
    expect(acted).toEqual(['record']);
    expect(session.violation?.subtype).toBe('invalid_json_line');
    expect(child.done).toEqual(['terminate 40']);
  });

  test('[PROTO-12] output before START is a violation, and START is not written any more', async () => {
    const child = fakeChild();
    const start = Promise.withResolvers<string>();
    const { end, session } = open(child, {}, start.promise);
    child.say(record());
    await soon(10);
    start.resolve('START\n');
    await end;
    expect(session.violation?.subtype).toBe('output_before_start');
    expect(child.stdin.readableLength).toBe(0);
  });

  const faults: readonly [thrown: unknown, reason: string][] = [
    [new Fault({ reason: 'DatabaseUnavailable', message: 'away' }), 'DatabaseUnavailable'],
    [new Fault({ reason: 'RecordUnstorable', message: 'no' }), 'RecordUnstorable'],
    [new TypeError('x is not a function'), 'InternalError'],
  ];
  test.each(faults)('a fault of our own ends it: %#', async (thrown, reason) => {
    const child = fakeChild();
    const { end } = open(child, { onMessage: () => Promise.reject(thrown) });
    await started(child);
    child.say(record());
    const { fault } = await end;
    expect(fault?.reason).toBe(reason);
    expect(fault?.message).not.toContain('x is not a function');
    expect(child.done).toEqual(['terminate 40']);
  });

  test('[PROTO-38] a lost lease kills at once, and is nobody’s fault', async () => {
    const child = fakeChild(false);
    const { end, stop } = open(child, { onMessage: () => Promise.reject(new Fault({ reason: 'LeaseLost', message: 'm' })) });
    await started(child);
    child.say(record());
    expect((await end).fault).toBeNull();
    expect(stop.cause).toBe('lost');
    expect(child.done[0]).toBe('kill');
  });

  test('a stop of the process cuts the grace of a cancel short', async () => {
    const child = fakeChild(false);
    const { end, stop } = open(child, { timings: { ...timings, graceMs: 60_000 } });
    await started(child);
    stop.stop('cancel');
    stop.stop('handover');
    await end;
    expect(child.done).toEqual(['terminate 60000', 'kill']);
  });
});
