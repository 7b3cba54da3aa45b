import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { judgeReadiness, type ReadinessParts } from '../../../../controller/compose/readiness.ts';
import type { Loop } from '../../../../platform/loop.ts';

const NOW_MS = 1_000_000;

function parts(more: Partial<ReadinessParts> = {}, query: () => Promise<unknown> = async () => ({ rows: [] })): ReadinessParts {
  return {
    pool: { query } as unknown as ReadinessParts['pool'],
    clock: { now: () => new Date(0), monotonicMs: () => NOW_MS },
    dataFolder: tmpdir(),
    loops: [],
    loopPatienceMs: 60_000,
    sources: new Map(),
    sourcePatienceMs: 180_000,
    runtimes: async () => [],
    ...more,
  };
}

function loop(name: string, lastPassAtMs: number | undefined): Loop {
  return { name, wake: () => undefined, done: Promise.resolve(), lastPassAtMs: () => lastPassAtMs };
}

describe('readiness', () => {
  test('a database that does not answer is told and is not ready', async () => {
    const verdict = await judgeReadiness(parts({}, async () => Promise.reject(new Error('gone'))));
    expect(verdict).toMatchObject({ ready: false, checks: { database: { ok: false, message: 'cannot be reached' } } });
  });

  test('a disk without space, or one that is gone, is told and is not ready', async () => {
    expect((await judgeReadiness(parts())).checks['disk']).toEqual({ ok: true, message: 'has space' });
    // A file system of the kernel's that has no space to give.
    const full = await judgeReadiness(parts({ dataFolder: '/proc' }));
    expect(full).toMatchObject({ ready: false, checks: { disk: { ok: false, message: 'is full: 0 MiB are free in /proc' } } });
    const gone = await judgeReadiness(parts({ dataFolder: '/nowhere/at/all' }));
    expect(gone).toMatchObject({ ready: false, checks: { disk: { ok: false, message: '/nowhere/at/all cannot be reached (ENOENT)' } } });
  });

  test.each([
    ['has just passed', NOW_MS - 1_000, true],
    ['has not passed for too long', NOW_MS - 61_000, false],
    ['has not passed yet', undefined, false],
  ])('a loop that %s', async (_reason, lastPassAtMs, ready) => {
    expect((await judgeReadiness(parts({ loops: [loop('reconcile', lastPassAtMs)] }))).ready).toBe(ready);
  });

  test.each([
    ['was listed lately', { listedAtMs: NOW_MS - 1_000, fault: null, holder: true }, true, 'is listed'],
    ['has a fault, and was listed lately', { listedAtMs: NOW_MS - 1_000, fault: 'EACCES', holder: true }, true, 'EACCES'],
    ['has had a fault for too long', { listedAtMs: NOW_MS - 200_000, fault: 'EACCES', holder: true }, false, 'EACCES'],
    ['was never listed', { listedAtMs: null, fault: null, holder: true }, false, 'has not been listed yet'],
    ['is held elsewhere', { listedAtMs: null, fault: null, holder: false }, true, 'another process holds it'],
  ])('a source that %s', async (_reason, health, ok, message) => {
    const verdict = await judgeReadiness(parts({ sources: new Map([['folder:/x', () => health]]) }));
    expect(verdict.checks['folder:/x']).toMatchObject({ ok, message });
    expect(verdict.ready).toBe(ok);
  });
});

describe('isolation of runtimes', () => {
  const base = { pid: 1, pidStarted: '1' };
  test('each runtime is told with its isolation, which judges nothing', async () => {
    const plain = { isolated: false, method: 'process', reason: 'BubblewrapMissing', message: 'bwrap is not on the PATH' };
    const verdict = await judgeReadiness(
      parts({
        runtimes: async () => [
          { ...base, processId: 'a', isolation: { ...plain, limits: 'prlimit', missing: ['files'] } },
          { ...base, processId: 'b', isolation: { isolated: true, method: 'bubblewrap', limits: 'cgroup2', missing: [] } },
          { ...base, processId: 'c', isolation: null },
        ],
      }),
    );
    expect(verdict.ready).toBe(true);
    expect(verdict.checks).toMatchObject({
      'runtime:a': { ok: true, message: 'Isolated=False: BubblewrapMissing: bwrap is not on the PATH' },
      'runtime:b': { ok: true, message: 'Isolated=True' },
      'runtime:c': { ok: true, message: 'Isolated=Unknown' },
    });
  });

  test('that there is none is told; that nobody can be asked is left to the database check', async () => {
    expect((await judgeReadiness(parts())).checks['runtime']?.message).toBe('there is none: runs wait');
    const unasked = await judgeReadiness(parts({ runtimes: async () => Promise.reject(new Error('gone')) }));
    expect(Object.keys(unasked.checks)).toEqual(['database', 'disk']);
  });
});
