import { describe, expect, test } from '@jest/globals';
import { RunStop, type StopCause } from '../../../../runtime/run/run-stop.ts';

describe('the stop of a run', () => {
  const cases: readonly [causes: readonly StopCause[], worst: StopCause | null][] = [
    [[], null],
    [['deadline'], 'deadline'],
    [['deadline', 'handover'], 'handover'],
    [['cancel', 'handover'], 'cancel'],
    [['cancel', 'beat_lost', 'deadline'], 'beat_lost'],
    [['lost', 'cancel', 'beat_lost'], 'lost'],
  ];
  test.each(cases)('of %j is, in the end, %s', (causes, worst) => {
    const stop = new RunStop();
    for (const cause of causes) stop.stop(cause);
    expect(stop.cause).toBe(worst);
    expect(stop.signal.aborted).toBe(causes.length > 0);
    for (const cause of causes) expect(stop.has(cause)).toBe(true);
  });

  test('tells each cause once, also those that came before the listener', () => {
    const stop = new RunStop();
    const heard: StopCause[] = [];
    stop.stop('cancel');
    const unsubscribe = stop.onStop((cause) => heard.push(cause));
    stop.stop('cancel');
    stop.stop('handover');
    unsubscribe();
    stop.stop('lost');
    expect(heard).toEqual(['cancel', 'handover']);
  });
});
