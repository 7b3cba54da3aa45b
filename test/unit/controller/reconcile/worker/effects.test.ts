import { describe, expect, it } from '@jest/globals';
import type { CancelResult } from '../../../../../controller/apis/runs.ts';
import { decide } from '../../../../../controller/reconcile/connector/decide/decide.ts';
import { summarize } from '../../../../../controller/reconcile/connector/summarize/summarize.ts';
import { carryOut } from '../../../../../controller/reconcile/worker/effects.ts';
import { systemClock } from '../../../../../platform/clock.ts';
import { systemIds } from '../../../../../platform/ids.ts';
import { NOW, observation, run, settings } from '../../../../gen/observation.ts';

/** What is recorded of a cancel token whose cancel ended like this. */
async function recorded(result: CancelResult): Promise<unknown[]> {
  const row = { annotations: { 'cynodeai.io/cancel-requested': 'x' } };
  const seen = observation({}, { row, activeRun: run({ state: 'running' }) });
  const plan = decide(seen, NOW, settings);
  const calls: unknown[] = [];
  await carryOut(
    {
      store: { recordRequest: async (...call) => void calls.push(call) },
      runs: { cancel: async () => result, start: async () => ({ outcome: 'absent' }) },
      ids: systemIds(systemClock),
    },
    { spec: seen.spec, plan, summary: summarize(seen, plan, NOW) },
  );
  return calls;
}

describe('a cancel request', () => {
  it.each<{ result: CancelResult; says: string }>([
    { result: { outcome: 'cancelled' }, says: 'run r' },
    { result: { outcome: 'requested' }, says: 'run r' },
    { result: { outcome: 'too_late', state: 'running' }, says: 'CancelTooLate r' },
    { result: { outcome: 'finished', state: 'succeeded' }, says: 'RunFinished r' },
    { result: { outcome: 'absent' }, says: 'NotFound' },
  ])('$result.outcome is recorded as $says', async ({ result, says }) => {
    expect(await recorded(result)).toEqual([[{ namespace: 'default', name: 'a' }, 'cancel', { token: 'x', result: says }]]);
  });
});
