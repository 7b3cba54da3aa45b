import { describe, expect, test } from '@jest/globals';
import { Fault } from '../../../../../platform/errors.ts';
import type { RunJournal } from '../../../../../runtime/apis/ports.ts';
import { KnownGaps } from '../../../../../runtime/protocol/known-gaps.ts';
import type { RunFault } from '../../../../../runtime/protocol/outcome.ts';
import { createRedactor } from '../../../../../runtime/redaction/redactor.ts';
import { type Conclusion, concludeRun } from '../../../../../runtime/run/conclude/conclude-run.ts';
import { Timeline } from '../../../../../runtime/run/converse/timeline.ts';
import { defaultTimings } from '../../../../../runtime/run/prepare/run-limits.ts';
import type { RunParts } from '../../../../../runtime/run/run-parts.ts';
import { RunStop, type StopCause } from '../../../../../runtime/run/run-stop.ts';
import { assignment, memoryJournal } from '../../../../gen/run.ts';

const clock = { now: () => new Date(0), monotonicMs: () => 0 };

/** What an attempt leaves that was ended by `fault` while events `a` and `b` were on their way. */
function endedBy(fault: RunFault, journal: RunJournal): Conclusion {
  const timeline = new Timeline({ journal, key: assignment(), clock, redact: (text) => text });
  for (const type of ['a', 'b']) void timeline.add({ type, data: {} });
  const session = { done: null, violation: null, truncated: null, recordsAccepted: 0, recordsByStream: new Map(), warnings: [] };
  return {
    kind: 'ended',
    prepared: { persist: true },
    end: { exit: { code: null, signal: 'SIGTERM', oom: false }, fault },
    session: { ...session, failedStreams: new Set() },
    actions: { staged: new Map(), committed: new Map() },
    timeline,
    sample: { gaps: () => [] },
    ingest: { abort: () => 0 },
    disposal: { orphansKilled: 0, killEscalated: false },
  } as unknown as Conclusion;
}

async function conclude(fault: RunFault, mods: Partial<RunJournal> = {}, cause?: StopCause, settleMs = 60_000) {
  const journal = memoryJournal(mods);
  const append: RunJournal['append'] = async (key, events) => {
    await new Promise((resolve) => setImmediate(resolve));
    await journal.append(key, events);
  };
  const stop = new RunStop();
  if (cause !== undefined) stop.stop(cause);
  const log = { info: () => undefined, warn: () => undefined };
  const parts = { journal, timings: { ...defaultTimings, settleMs }, maxRetries: 0, random: () => 0.5, log } as unknown as RunParts;
  await concludeRun(assignment(), endedBy(fault, { ...journal, append }), {
    stop,
    gaps: new KnownGaps(),
    redactor: createRedactor([]),
    parts,
  });
  return { events: journal.events.map(({ type }) => type), ends: journal.ends.map(({ outcome }) => outcome.reason) };
}

const deadline: RunFault = { reason: 'DeadlineExceeded', message: 'm' };

describe('the end of a run that a fault of our own has ended', () => {
  test.each<{ fault: RunFault; cause?: StopCause }>([
    { fault: deadline, cause: 'deadline' },
    { fault: { reason: 'RuntimeStopped', message: 'm' }, cause: 'handover' },
    { fault: { reason: 'connector_exit_timeout', message: 'm' } },
  ])('has the events that came before it: $fault.reason', async ({ fault, cause }) => {
    await expect(conclude(fault, {}, cause)).resolves.toEqual({ events: ['a', 'b'], ends: [fault.reason] });
  });

  test('keeps its first cause when events cannot be written', async () => {
    const append = () => Promise.reject(new Fault({ reason: 'DatabaseUnavailable', message: 'away' }));
    await expect(conclude(deadline, { append })).resolves.toEqual({ events: [], ends: ['DeadlineExceeded'] });
  });

  test('does not wait for events without end', async () => {
    const append = () => new Promise<never>(() => undefined);
    await expect(conclude(deadline, { append }, 'deadline', 1)).resolves.toEqual({ events: [], ends: ['DeadlineExceeded'] });
  });

  test('writes nothing when the events show that the lease is lost', async () => {
    const append = () => Promise.reject(new Fault({ reason: 'LeaseLost', message: 'm' }));
    await expect(conclude(deadline, { append })).resolves.toEqual({ events: [], ends: [] });
  });

  test('waits for no event once others may believe this process dead', async () => {
    const append = () => new Promise<never>(() => undefined);
    const lost: RunFault = { reason: 'RuntimeLost', message: 'm' };
    await expect(conclude(lost, { append }, 'beat_lost')).resolves.toEqual({ events: [], ends: ['RuntimeLost'] });
  });
});
