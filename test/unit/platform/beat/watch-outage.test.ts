import { expect, test } from '@jest/globals';
import { watchOutage } from '../../../../platform/beat/watch-outage.ts';

test.each([
  { reason: 'beats in time are no outage', acts: ['beat 10', 'beat 29', 'check 48'], told: [] },
  { reason: 'silence is told once, however often it is looked at', acts: ['beat 10', 'check 30', 'check 50'], told: [30] },
  { reason: 'each outage is told', acts: ['check 20', 'beat 25', 'check 45'], told: [20, 45] },
  { reason: 'after a pause the late beat itself tells it, before anything else can', acts: ['beat 10', 'beat 90', 'check 91'], told: [90] },
  { reason: 'a process that never got to its first beat', acts: ['check 19', 'check 20'], told: [20] },
])('$reason', ({ acts, told }) => {
  let now = 0;
  const seen: number[] = [];
  const watch = watchOutage({
    clock: { now: () => new Date(0), monotonicMs: () => now },
    lostAfterMs: 20,
    onBeatLost: () => void seen.push(now),
  });
  for (const act of acts) {
    const [verb, at] = act.split(' ');
    now = Number(at);
    if (verb === 'beat') watch.beat();
    else watch.check();
  }
  expect(seen).toEqual(told);
});
