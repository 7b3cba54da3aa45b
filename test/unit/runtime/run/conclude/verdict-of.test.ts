import { describe, expect, test } from '@jest/globals';
import type { DoneMessage } from '../../../../../runtime/protocol/messages/message.ts';
import type { RunFault } from '../../../../../runtime/protocol/outcome.ts';
import { cancelledVerdict, verdictOf } from '../../../../../runtime/run/conclude/verdict-of.ts';
import type { StopCause } from '../../../../../runtime/run/run-stop.ts';

const succeeded: DoneMessage = { kind: 'done', status: 'succeeded', recordsEmitted: 0 };
const violation = { subtype: 'invalid_json_line' as const, message_type: null };
const stoppedFault: RunFault = { reason: 'RuntimeStopped', message: 'm' };
const clean = { code: 0, signal: null, oom: false };
const killed = { code: null, signal: 'SIGKILL' as const, oom: true };

interface Case {
  cause?: StopCause;
  done?: DoneMessage;
  violated?: boolean;
  fault?: RunFault;
  exit?: typeof clean | typeof killed | { code: number; signal: null; oom: boolean };
}

describe('the verdict over an attempt', () => {
  const cases: readonly [reason: string, facts: Case, state: string, terminal: string | null][] = [
    ['it ended well', { done: succeeded }, 'succeeded', null],
    ['a lost lease outranks all', { cause: 'lost', done: succeeded }, 'abandoned', 'LeaseLost'],
    ['a cancel outranks a violation', { cause: 'cancel', violated: true }, 'cancelled', 'cancelled'],
    [
      'a violation outranks our own stop',
      { cause: 'handover', violated: true, fault: stoppedFault },
      'failed',
      'connector_protocol_violation',
    ],
    ['what our own stop ended has not failed', { cause: 'handover', fault: stoppedFault }, 'abandoned', 'RuntimeStopped'],
    ['a stop that came too late to end anything changes nothing', { cause: 'handover', done: succeeded }, 'succeeded', null],
    ['the kernel killed it for memory', { exit: killed }, 'failed', 'OutOfMemory'],
    ['a fault of ours came first', { exit: killed, fault: { reason: 'DeadlineExceeded', message: 'm' } }, 'failed', 'DeadlineExceeded'],
    [
      'a helper was killed for memory, and the connector dealt with it',
      { done: succeeded, exit: { ...clean, oom: true } },
      'succeeded',
      null,
    ],
  ];
  test.each(cases)('[PROTO-12, RT-3.4] %s', (_reason, { cause, done, violated, fault, exit }, state, terminal) => {
    const session = {
      done: done ?? null,
      violation: violated === true ? violation : null,
      truncated: null,
      recordsAccepted: 0,
      failedStreams: new Set<string>(),
    };
    const verdict = verdictOf({ stop: { cause: cause ?? null }, session, exit: exit ?? clean, fault: fault ?? null });
    expect({ state: verdict.state, reason: verdict.reason }).toEqual({ state, reason: terminal });
  });

  test('a cancel does not deny what was committed before it, whoever finds it', () => {
    const session = { done: null, violation: null, truncated: null, recordsAccepted: 0, failedStreams: new Set<string>() };
    const found = verdictOf({ stop: { cause: 'cancel' }, session, exit: clean, fault: null });
    for (const { message } of [found, cancelledVerdict()])
      expect(message).toMatch(/^cancelled on request; no further checkpoint was committed/i);
  });
});
