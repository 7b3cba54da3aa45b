import { describe, expect, test } from '@jest/globals';
import type { BeatRow } from '../../../../platform/beat/beat-sql.ts';
import { defaultPatience, type Observed, observe, type Verdict } from '../../../../platform/beat/observe.ts';
import { createBeatObserver } from '../../../../platform/beat/observer.ts';

const row = (beat: number, mods: Partial<BeatRow> = {}): BeatRow => ({
  processId: 'p',
  role: 'runtime',
  host: 'h',
  pid: 1,
  pidStarted: 's',
  beat,
  stopped: false,
  ...mods,
});

/** Verdicts of one observer over looks at the given seconds, each with the beat that it finds. */
function watch(looks: { atS: number; row: BeatRow; deadHere?: string[] }[]): (Verdict | undefined)[] {
  let memory: Observed | undefined;
  return looks.map((look) => {
    const seen = { rows: [look.row], nowMs: look.atS * 1_000, deadHere: new Set(look.deadHere) };
    const { next, verdicts } = observe(memory, seen, defaultPatience);
    memory = next;
    return verdicts.get('p');
  });
}

/** Looks every five seconds at a beat that stands still. */
const silent = (fromS: number, toS: number, mods: Partial<BeatRow> = {}): { atS: number; row: BeatRow }[] =>
  Array.from({ length: (toS - fromS) / 5 + 1 }, (_, index) => ({ atS: fromS + index * 5, row: row(1, mods) }));

describe('observing beats', () => {
  test('a beat that changes is alive, one that has not changed for 30 s of the own clock is lost', () => {
    expect(watch([{ atS: 0, row: row(0) }, ...silent(5, 35)])).toEqual([
      'waiting',
      'alive',
      'waiting',
      'waiting',
      'waiting',
      'waiting',
      'waiting',
      'lost',
    ]);
  });

  test('any change of the beat counts, also backwards after a restore', () => {
    expect(
      watch([
        { atS: 0, row: row(9) },
        { atS: 5, row: row(2) },
      ]),
    ).toEqual(['waiting', 'alive']);
  });

  test('an observer that has just started waits one full period, however old the row is', () => {
    expect(watch(silent(0, 25))).toEqual(Array(6).fill('waiting'));
    expect(watch(silent(0, 30)).at(-1)).toBe('lost');
  });

  test('an observer that slept waits one full period anew', () => {
    const verdicts = watch([...silent(0, 25), ...silent(100, 125)]);
    expect(verdicts).toEqual(Array(12).fill('waiting'));
    expect(watch([...silent(0, 25), ...silent(100, 130)]).at(-1)).toBe('lost');
  });

  test('a pod has 90 s', () => {
    expect(watch(silent(0, 85, { role: 'pod' })).at(-1)).toBe('waiting');
    expect(watch(silent(0, 90, { role: 'pod' })).at(-1)).toBe('lost');
  });

  test('a dead pid on this host is proof at the first look', () => {
    expect(watch([{ atS: 0, row: row(0), deadHere: ['p'] }])).toEqual(['lost']);
  });

  test('an orderly end needs no waiting and is no loss', () => {
    expect(watch([{ atS: 0, row: row(0, { stopped: true }), deadHere: ['p'] }])).toEqual(['stopped']);
  });
});

describe('an observer', () => {
  const observerOf = (rows: () => BeatRow[], time: { ms: number }, startedOf: (pid: number) => string | undefined = () => 's') =>
    createBeatObserver({
      clock: { now: () => new Date(0), monotonicMs: () => time.ms },
      host: 'h',
      read: async () => rows(),
      startedOf: async (pid) => startedOf(pid),
    });

  test('forgets everything when a read fails: after the reconnect it waits one full period', async () => {
    const time = { ms: 0 };
    let fails = false;
    const observer = observerOf(() => {
      if (fails) throw new Error('lost');
      return [row(1)];
    }, time);
    const look = async (atS: number): Promise<string | undefined> => {
      time.ms = atS * 1_000;
      return (await observer.look())[0]?.verdict;
    };
    for (let atS = 0; atS <= 25; atS += 5) expect(await look(atS)).toBe('waiting');
    fails = true;
    await expect(observer.look()).rejects.toThrow('lost');
    fails = false;
    for (let atS = 30; atS <= 55; atS += 5) expect(await look(atS)).toBe('waiting');
    expect(await look(60)).toBe('lost');
  });

  test.each([
    { reason: 'its pid runs with the same start time', mods: {}, started: 's', verdict: 'waiting' },
    { reason: 'its pid is dead', mods: {}, started: undefined, verdict: 'lost' },
    { reason: 'its pid belongs to a younger process', mods: {}, started: 'other', verdict: 'lost' },
    { reason: 'another host has pids of its own', mods: { host: 'elsewhere' }, started: undefined, verdict: 'waiting' },
  ])('a process is $verdict at once when $reason', async ({ mods, started, verdict }) => {
    const [sighting] = await observerOf(
      () => [row(1, mods)],
      { ms: 0 },
      () => started,
    ).look();
    expect(sighting?.verdict).toBe(verdict);
  });
});
