import { describe, expect, test } from '@jest/globals';
import { KnownGaps } from '../../../../../runtime/protocol/known-gaps.ts';
import type { DoneMessage } from '../../../../../runtime/protocol/messages/message.ts';
import { decideOutcome, failureVerdict } from '../../../../../runtime/protocol/outcome.ts';
import { type EndFacts, outcomeOf, terminalEvent } from '../../../../../runtime/run/conclude/outcome-of.ts';

const session = (done: DoneMessage | null) => ({
  recordsAccepted: 2,
  recordsByStream: new Map([['items', 2]]),
  done,
  warnings: new Set<never>(),
});
const ended = (done: DoneMessage) =>
  decideOutcome({
    leaseLost: false,
    cancelled: false,
    fault: null,
    exit: { code: done.status === 'succeeded' ? 0 : 1, signal: null },
    session: { ...session(done), violation: null, truncated: null, failedStreams: new Set() },
  });

function facts(mods: Partial<EndFacts> = {}): EndFacts {
  const done: DoneMessage = { kind: 'done', status: 'succeeded', recordsEmitted: 2 };
  return {
    verdict: ended(done),
    session: session(done),
    commit: { persist: true, staged: 0, committed: 0, streams: [] },
    gaps: new KnownGaps(),
    dropped: 0,
    killEscalated: false,
    orphansKilled: 0,
    retryAfterMs: null,
    redact: (text) => text.replaceAll('secret', '***'),
    ...mods,
  };
}

describe('what an attempt leaves behind', () => {
  test('[RT-4.5] of a success has no reason, and nothing that does not apply', () => {
    const outcome = outcomeOf(facts());
    expect(outcome).toMatchObject({
      state: 'succeeded',
      reason: null,
      message: null,
      recordsEmitted: 2,
      streams: [{ name: 'items', records: 2 }],
    });
    expect(terminalEvent(outcome, facts())).toEqual({
      type: 'run.completed',
      data: {
        state: 'succeeded',
        checkpoint_status: 'committed',
        states_staged: 0,
        states_committed: 0,
        checkpoints: [],
        records_emitted: 2,
        streams: [{ name: 'items', records: 2 }],
        known_gaps: [],
      },
    });
  });

  const failure: DoneMessage = {
    kind: 'done',
    status: 'failed',
    recordsEmitted: 2,
    error: { message: `secret door ${'x'.repeat(600)}`, code: 'secret', retryable: true, recoveryHint: { action: 'unknown' } },
  };

  test("[RT-4.5, PROTO-36] has the connector's own error, redacted and bounded", () => {
    const outcome = outcomeOf(facts({ verdict: ended(failure), session: session(failure) }));
    expect(outcome.message).toMatch(/^The connector ended with DONE failed: \*\*\* door x+…$/);
    expect(outcome.message).toHaveLength(500);
    expect(outcome.connectorError).toMatchObject({ code: '***', retryable: true, recovery_hint: { action: 'unknown' } });
    expect((outcome.connectorError as { message: string }).message).toHaveLength(500);
  });

  test("leaves the connector's words out when something else ended the run", () => {
    const verdict = failureVerdict({ reason: 'DeadlineExceeded', message: 'took too long' });
    const outcome = outcomeOf(facts({ verdict, session: session(failure) }));
    expect(outcome).toMatchObject({ message: 'took too long', connectorError: null });
  });

  test('[RT-4.5] tells what was dropped, killed and left out, and a cancelled run ends with run.failed', () => {
    const gaps = new KnownGaps();
    for (let n = 0; n < 51; n++) gaps.add({ reason: `r${n}` });
    const verdict = { ...failureVerdict({ reason: 'cancelled', message: 'm' }), state: 'cancelled' as const };
    const told = facts({ verdict, gaps, dropped: 3, killEscalated: true, orphansKilled: 2 });
    const event = terminalEvent(outcomeOf(told), told);
    expect(event.type).toBe('run.failed');
    expect(event.data).toMatchObject({
      state: 'cancelled',
      terminal_reason: 'cancelled',
      buffered_records_dropped: 3,
      kill_escalated: true,
      orphans_killed: 2,
      known_gaps_omitted: 1,
    });
  });

  test('[PROTO-36] redacts the names in a violation, which are words of the connector', () => {
    const violation = { subtype: 'unknown_message_type' as const, message_type: 'secret', expected: ['secret', 'b'], received: 4 };
    const outcome = outcomeOf(
      facts({ verdict: { ...failureVerdict({ reason: 'connector_protocol_violation', message: 'm' }), violation } }),
    );
    expect(outcome.violation).toEqual({ subtype: 'unknown_message_type', message_type: '***', expected: ['***', 'b'], received: 4 });
  });
});
