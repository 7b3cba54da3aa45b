import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../platform/clock.ts';
import { createLog } from '../../../platform/log.ts';
import { StartSteps } from '../../../platform/start-steps.ts';

function steps(): { steps: StartSteps; undone: string[]; undo(name: string): () => Promise<void>; lines: string[] } {
  const lines: string[] = [];
  const undone: string[] = [];
  const log = createLog({ role: 'test', clock: systemClock, write: (line) => void lines.push(line) });
  const undo = (name: string) => async (): Promise<void> => void undone.push(name);
  return { steps: new StartSteps(log), undone, undo, lines };
}

describe('steps of a start', () => {
  test('are undone last first, one stop however often it is asked for', async () => {
    const started = steps();
    for (const name of ['database', 'loops', 'API']) started.steps.done(name, started.undo(name));
    await Promise.all([started.steps.stop(), started.steps.stop()]);
    expect(started.undone).toEqual(['API', 'loops', 'database']);
  });

  test('one that cannot be undone keeps no other from it, and is told', async () => {
    const started = steps();
    started.steps.done('database', started.undo('database'));
    started.steps.done('loops', () => Promise.reject(new Error('they hang')));
    await started.steps.stop();
    expect([started.undone, started.lines.some((line) => line.includes('they hang'))]).toEqual([['database'], true]);
  });

  test('a start that is stopped half-way ends at its next step, which is undone too', async () => {
    const started = steps();
    started.steps.done('database', started.undo('database'));
    await started.steps.stop();
    expect(() => started.steps.done('loops', started.undo('loops'))).toThrow(expect.objectContaining({ reason: 'StartStopped' }));
    await started.steps.stop();
    expect(started.undone).toEqual(['database', 'loops']);
  });
});
