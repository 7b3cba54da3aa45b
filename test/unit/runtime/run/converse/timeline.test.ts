import { describe, expect, jest, test } from '@jest/globals';
import { Timeline } from '../../../../../runtime/run/converse/timeline.ts';
import { assignment, memoryJournal } from '../../../../gen/run.ts';

const progress = (count: number) => ({ kind: 'progress' as const, message: 'm', count });

function open(append?: ReturnType<typeof memoryJournal>['append']) {
  const journal = memoryJournal(append === undefined ? {} : { append });
  let nowMs = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => nowMs };
  const timeline = new Timeline({ journal, key: assignment(), clock, redact: (text) => text.replaceAll('secret', '***') });
  return { journal, timeline, passMs: (ms: number) => (nowMs += ms) };
}

const counts = (events: readonly { data: Record<string, unknown> }[]) => events.map(({ data }) => data['count']);

describe('the timeline of an attempt', () => {
  test('writes events in order, one write at a time, what came meanwhile with the next', async () => {
    const batches: string[][] = [];
    const { timeline } = open(async (_key, events) => {
      await new Promise((resolve) => setImmediate(resolve));
      batches.push(events.map(({ type }) => type));
    });
    for (const type of ['a', 'b', 'c']) await timeline.add({ type, data: {} });
    await timeline.settle();
    expect(batches).toEqual([['a'], ['b', 'c']]);
  });

  test('keeps a failed write and throws it at every later call', async () => {
    const failure = new Error('away');
    const { timeline } = open(() => Promise.reject(failure));
    await timeline.add({ type: 'a', data: {} });
    await expect(timeline.settle()).rejects.toBe(failure);
    await expect(timeline.add({ type: 'b', data: {} })).rejects.toBe(failure);
    await expect(timeline.progress(progress(1))).rejects.toBe(failure);
  });

  test('makes the reader wait when too many events wait', async () => {
    const gate = Promise.withResolvers<void>();
    const { timeline } = open(() => gate.promise);
    const waits = Array.from({ length: 300 }, (_, n) => timeline.add({ type: String(n), data: {} }));
    await waits[100];
    const last = waits.at(-1)?.then(() => 'went on');
    expect(await Promise.race([last, new Promise((resolve) => setImmediate(() => resolve('waits')))])).toBe('waits');
    gate.resolve();
    expect(await last).toBe('went on');
  });

  test('[RT-4.3] stores ten PROGRESS a second of a flood: the first, then the newest', async () => {
    const { journal, timeline, passMs } = open();
    for (let count = 0; count < 1_000; count++) {
      await timeline.progress(progress(count));
      passMs(1);
    }
    await timeline.settle();
    expect(counts(journal.events)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 999]);
  });

  test('[RT-4.3] a PROGRESS that was kept back is told when its turn comes, though nothing follows it', async () => {
    jest.useFakeTimers();
    try {
      const { journal, timeline } = open();
      await timeline.progress(progress(1));
      await timeline.progress(progress(2));
      await timeline.progress(progress(3));
      await jest.advanceTimersByTimeAsync(100);
      expect(counts(journal.events)).toEqual([1, 3]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('[RT-4.3] redacts, then bounds', async () => {
    const { journal, timeline } = open();
    await timeline.progress({ kind: 'progress', message: `secret ${'x'.repeat(300)}` });
    await timeline.settle();
    expect(journal.events[0]?.data['message']).toBe(`*** ${'x'.repeat(195)}…`);
  });
});
