import { describe, expect, jest, test } from '@jest/globals';
import { Fault } from '../../../../../platform/errors.ts';
import type { RunJournal } from '../../../../../runtime/apis/ports.ts';
import { KnownGaps } from '../../../../../runtime/protocol/known-gaps.ts';
import { failureVerdict } from '../../../../../runtime/protocol/outcome.ts';
import { endAttempt } from '../../../../../runtime/run/conclude/end-attempt.ts';
import type { EndFacts } from '../../../../../runtime/run/conclude/outcome-of.ts';
import { cancelledVerdict, faultVerdict } from '../../../../../runtime/run/conclude/verdict-of.ts';
import { RunStop } from '../../../../../runtime/run/run-stop.ts';
import { assignment, memoryJournal } from '../../../../gen/run.ts';

function facts(verdict: EndFacts['verdict']): EndFacts {
  const gaps = new KnownGaps();
  gaps.add({ reason: 'words of the connector' });
  const commit = { persist: true, staged: 0, committed: 0, streams: [] };
  return {
    verdict,
    session: null,
    commit,
    gaps,
    dropped: 0,
    killEscalated: false,
    orphansKilled: 0,
    retryAfterMs: null,
    redact: (text) => text,
  };
}

const transient = failureVerdict({ reason: 'connector_exit_without_done', message: 'm' });
const violated = failureVerdict({ reason: 'connector_protocol_violation', message: 'm' });

/** Ends an attempt with journals whose first calls fail; time is made to pass. */
async function end(
  verdict: EndFacts['verdict'],
  failures: readonly unknown[] = [],
  mods: { stop?: RunStop; run?: Parameters<typeof assignment>[0] } = {},
) {
  const left = [...failures];
  let calls = 0;
  const journal = memoryJournal();
  const finish: RunJournal['finish'] = async (...args) => {
    calls++;
    if (left.length > 0) throw left.shift();
    return journal.finish(...args);
  };
  const log = { info: () => undefined, warn: () => undefined };
  const parts = { journal: { ...journal, finish }, maxRetries: 5, random: () => 0.5, log: log as never };
  jest.useFakeTimers();
  try {
    const ending = endAttempt(assignment(mods.run), facts(verdict), mods.stop ?? new RunStop(), parts);
    await jest.advanceTimersByTimeAsync(120_000);
    await ending;
  } finally {
    jest.useRealTimers();
  }
  return { ends: journal.ends, calls };
}

const away = () => new Fault({ reason: 'DatabaseUnavailable', message: 'away' });

describe('the end of an attempt', () => {
  const retries: readonly [title: string, verdict: EndFacts['verdict'], run: Parameters<typeof assignment>[0], again: boolean][] = [
    ['a failure that may pass', transient, {}, true],
    ['a violation', violated, {}, false],
    ['a cancel', cancelledVerdict(), {}, false],
    ['the last attempt', transient, { attempt: 4 }, false],
    ['a manual run that was left', faultVerdict({ reason: 'RuntimeStopped', message: 'm' }), {}, false],
    ['a scheduled run that was left', faultVerdict({ reason: 'RuntimeStopped', message: 'm' }), { trigger: 'schedule' }, true],
  ];
  test.each(retries)('of %s is followed by another: %#', async (_title, verdict, run, again) => {
    const { ends } = await end(verdict, [], { run });
    expect(ends.map(({ retry }) => retry !== null)).toEqual([again]);
  });

  test('is written again and again while the database is away', async () => {
    const { ends, calls } = await end(violated, [away(), away(), away(), away()]);
    expect(calls).toBe(5);
    expect(ends[0]?.outcome).toMatchObject({ reason: 'connector_protocol_violation', knownGaps: [{ reason: 'words of the connector' }] });
  });

  test('is left to the takeover when the process is going', async () => {
    const stop = new RunStop();
    stop.stop('handover');
    expect(await end(violated, [away(), away()], { stop })).toEqual({ ends: [], calls: 1 });
  });

  test.each(['LeaseLost', 'IllegalTransition'])('is given up on %s: it is not ours to write', async (reason) => {
    expect(await end(violated, [new Fault({ reason, message: 'm' })])).toEqual({ ends: [], calls: 1 });
  });

  test('[PROTO-38] is never written once the lease is lost', async () => {
    const stop = new RunStop();
    stop.stop('lost');
    expect(await end(violated, [], { stop })).toEqual({ ends: [], calls: 0 });
  });

  test('is written without the words of the connector when the database refuses them', async () => {
    const { ends } = await end(violated, [new Error('invalid byte sequence')]);
    expect(ends).toHaveLength(1);
    expect(ends[0]?.outcome).toMatchObject({ state: 'failed', reason: 'InternalError', knownGaps: [] });
    expect(ends[0]?.outcome.message).toMatch(/^the end of the run \(connector_protocol_violation\) could not be stored/);
  });
});
