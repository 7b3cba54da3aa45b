import { describe, expect, test } from '@jest/globals';
import type { RunQueue } from '../../../../runtime/apis/ports.ts';
import type { RunAssignment } from '../../../../runtime/apis/run.ts';
import { RunPool } from '../../../../runtime/run/run-pool.ts';
import type { RunStop } from '../../../../runtime/run/run-stop.ts';
import { assignment } from '../../../gen/run.ts';

function open(due: RunAssignment[], slots = 2, control: Awaited<ReturnType<RunQueue['readControl']>> = []) {
  const asked: number[] = [];
  const going: { run: RunAssignment; stop: RunStop; end: () => void }[] = [];
  const queue: RunQueue = {
    claim: async (_process, capacity) => {
      asked.push(capacity);
      return due.splice(0, capacity);
    },
    waitForWork: async () => undefined,
    readControl: async () => control,
  };
  const execute = (run: RunAssignment, stop: RunStop): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    going.push({ run, stop, end: resolve });
    return promise;
  };
  return { pool: new RunPool({ processId: 'p', queue, slots, execute }), asked, going };
}

const run = (runId: string, attempt = 1): RunAssignment => assignment({ runId, attempt });
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the runs of a process', () => {
  test('claims no more than it has slots, and waits for one', async () => {
    const { pool, asked, going } = open([run('a'), run('b'), run('c')]);
    expect(await pool.claim()).toBe(2);
    expect(await pool.claim()).toBe(0);
    expect(asked).toEqual([2]);
    await settled();
    const waiting = pool.waitForWork(60_000, new AbortController().signal);
    going[0]?.end();
    await waiting;
    expect(await pool.claim()).toBe(1);
    expect(pool.size).toBe(2);
  });

  test('passes on what has become of a run, to that run', async () => {
    const { pool, going } = open([run('a'), run('b')], 2, [{ runId: 'b', signal: 'cancel' }]);
    await pool.claim();
    await settled();
    await pool.control();
    expect(going.map(({ stop }) => stop.cause)).toEqual([null, 'cancel']);
    pool.abandon();
    expect(going.map(({ stop }) => stop.cause)).toEqual(['beat_lost', 'beat_lost']);
  });

  test('begins the next attempt of a run only when the one before has let go', async () => {
    // Its first attempt has written its end, so that the second can be claimed, and still wipes its folder.
    const { pool, going } = open([run('a', 1), run('a', 2)], 2);
    await pool.claim();
    await settled();
    expect(going.map(({ run: each }) => each.attempt)).toEqual([1]);
    going[0]?.end();
    await settled();
    expect(going.map(({ run: each }) => each.attempt)).toEqual([1, 2]);
    expect(pool.size).toBe(1);
    going[1]?.end();
    await settled();
    expect(pool.size).toBe(0);
  });

  test('[PROTO-38] ends an attempt whose run is claimed again: its lease is gone', async () => {
    const { pool, going } = open([run('a', 1), run('b'), run('a', 2)], 3, [{ runId: 'a', signal: 'cancel' }]);
    await pool.claim();
    await settled();
    expect(going.map(({ run: each, stop }) => [each.runId, each.attempt, stop.cause])).toEqual([
      ['a', 1, 'lost'],
      ['b', 1, null],
    ]);
    await pool.control();
    going[0]?.end();
    await settled();
    expect(going.map(({ stop }) => stop.cause)).toEqual(['lost', null, 'cancel']);
  });

  test('drains: hands over what goes on, and resolves when nothing is left', async () => {
    const { pool, going } = open([run('a'), run('b')]);
    await pool.claim();
    await settled();
    going[0]?.end();
    const drained = pool.drain(10);
    await new Promise<void>((resolve) => going[1]?.stop.onStop(() => resolve()));
    expect(going[1]?.stop.cause).toBe('handover');
    going[1]?.end();
    await drained;
    expect(pool.size).toBe(0);
  });
});
