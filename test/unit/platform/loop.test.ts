import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../platform/clock.ts';
import { Fault } from '../../../platform/errors.ts';
import { createLog } from '../../../platform/log.ts';
import { drainLoops, type Loop, startLoop } from '../../../platform/loop.ts';

const FOREVER_MS = 2 ** 40;

/** A loop whose passes are given; `passes` counts, `until` waits for the nth to have begun. */
function start(pass: (count: number, signal: AbortSignal) => Promise<number>): {
  loop: Loop;
  abort(): void;
  lines: Record<string, unknown>[];
  until(count: number): Promise<void>;
} {
  const abort = new AbortController();
  const lines: Record<string, unknown>[] = [];
  let passes = 0;
  let next = Promise.withResolvers<void>();
  const loop = startLoop({
    name: 'tested',
    signal: abort.signal,
    clock: systemClock,
    random: () => 0,
    backoff: { initialMs: 2, maxMs: 8 },
    log: createLog({ role: 'test', clock: systemClock, write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    pass: (signal) => {
      passes += 1;
      next.resolve();
      next = Promise.withResolvers();
      return pass(passes, signal);
    },
  });
  const until = async (count: number): Promise<void> => {
    while (passes < count) await next.promise;
  };
  return { loop, abort: () => abort.abort(), lines, until };
}

describe('a loop', () => {
  test('runs again at once for 0, sleeps any length otherwise, and ends at the abort', async () => {
    const { loop, abort, until } = start(async (count) => (count < 3 ? 0 : FOREVER_MS));
    await until(3);
    abort();
    await loop.done;
    expect(loop.lastPassAtMs()).toBeDefined();
  });

  test('is woken from its sleep', async () => {
    const { loop, abort, until } = start(async () => FOREVER_MS);
    await until(1);
    await new Promise((resolve) => setImmediate(resolve));
    loop.wake();
    await until(2);
    abort();
    await loop.done;
  });

  test('keeps a wake that comes during a pass, and many are one', async () => {
    const { promise: gate, resolve } = Promise.withResolvers<void>();
    let passes = 0;
    const { loop, abort, until } = start(async (count) => {
      passes = count;
      if (count === 1) await gate;
      return FOREVER_MS;
    });
    await until(1);
    loop.wake();
    loop.wake();
    resolve();
    await until(2);
    await new Promise((done) => setTimeout(done, 10));
    expect(passes).toBe(2);
    abort();
    await loop.done;
  });

  test('never throws out: failures are logged with growing delays, and a success starts over', async () => {
    const { loop, abort, lines, until } = start(async (count) => {
      if (count === 4) return 0;
      if (count <= 5) throw new Error(`failure ${count}`);
      return FOREVER_MS;
    });
    await until(6);
    abort();
    await loop.done;
    expect(lines.map((line) => [line['loop'], line['failures'], line['delayMs']])).toEqual([
      ['tested', 1, 1],
      ['tested', 2, 2],
      ['tested', 3, 4],
      ['tested', 1, 1],
    ]);
  });

  test.each([
    { disposition: { kind: 'wait', ms: 5 } as const, delayMs: 5 },
    { disposition: { kind: 'stall' } as const, delayMs: 8 },
    { disposition: { kind: 'retry' } as const, delayMs: 1 },
  ])('obeys the disposition $disposition', async ({ disposition, delayMs }) => {
    const { loop, abort, lines, until } = start(async (count) => {
      if (count === 1) throw new Fault({ reason: 'Tested', message: 'm', disposition });
      return FOREVER_MS;
    });
    await until(2);
    abort();
    await loop.done;
    expect(lines).toEqual([expect.objectContaining({ delayMs, err: expect.objectContaining({ reason: 'Tested' }) })]);
  });

  test.each([
    { reason: 'DatabaseUnavailable', delayMs: 2_500 },
    { reason: 'AnythingElse', delayMs: 30_000 },
  ])('looks for a database that is away more often than for other causes: $reason', async ({ reason, delayMs }) => {
    const ending = new AbortController();
    const { promise: told, resolve } = Promise.withResolvers<Record<string, unknown>>();
    const loop = startLoop({
      name: 'tested',
      signal: ending.signal,
      clock: systemClock,
      random: () => 0,
      backoff: { initialMs: 60_000, maxMs: 60_000 },
      log: createLog({ role: 'test', clock: systemClock, write: (line) => resolve(JSON.parse(line) as Record<string, unknown>) }),
      pass: () => Promise.reject(new Fault({ reason, message: 'm' })),
    });
    expect((await told)['delayMs']).toBe(delayMs);
    ending.abort();
    await loop.done;
  });

  test('a throw after the abort is no failure', async () => {
    const { loop, abort, lines, until } = start(async (_count, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error('aborted');
    });
    await until(1);
    abort();
    await loop.done;
    expect(lines).toEqual([]);
  });

  test('a drain names the loops that did not end in time', async () => {
    const { promise: gate, resolve } = Promise.withResolvers<void>();
    const stuck = start(async () => {
      await gate;
      return 0;
    });
    await stuck.until(1);
    stuck.abort();
    expect(await drainLoops([stuck.loop], 5)).toEqual(['tested']);
    resolve();
    expect(await drainLoops([stuck.loop], 60_000)).toEqual([]);
  });
});
