import { expect, test } from '@jest/globals';
import { apiError } from '../../../../controller/apis/errors.ts';
import type { LostRuns } from '../../../../controller/apis/runs.ts';
import { createTakeover } from '../../../../controller/dispatch/takeover.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { createLog } from '../../../../platform/log.ts';

/** Two silent processes hold runs; what was done about them is in `done`. */
function lostRuns(change: Partial<LostRuns> = {}): { runs: LostRuns; done: string[] } {
  const done: string[] = [];
  const runs: LostRuns = {
    holders: async () => ['stuck', 'quiet'].map((processId) => ({ processId, gone: false })),
    fenceProcess: async (processId) => done.push(`fence ${processId}`),
    fenceOverdue: async () => done.push('overdue'),
    terminateSessions: async (processId) => done.push(`terminate ${processId}`),
    settle: async () => (done.push('settle'), []),
    forgetProcesses: async () => done.push('forget'),
    expirePending: async () => done.push('expire'),
    ...change,
  };
  return { runs, done };
}

function takeover(runs: LostRuns): () => Promise<number> {
  const lines: string[] = [];
  const log = createLog({ role: 'test', clock: systemClock, write: (line) => void lines.push(line) });
  const lost = ['stuck', 'quiet', 'holds-nothing'].map((processId) => ({ processId, proof: 'silent' as const }));
  return createTakeover({ runs, lostProcesses: async () => lost, maxRetries: 5, clock: systemClock, log });
}

test('[RT-6.5] only processes that hold runs are fenced, all before anything is decided', async () => {
  const { runs, done } = lostRuns();
  await takeover(runs)();
  expect(done).toEqual(['fence stuck', 'fence quiet', 'overdue', 'settle', 'expire', 'forget']);
});

test('[RT-6.5] a lease that cannot be had after three rounds is left for the next pass and holds up no other run', async () => {
  const { runs, done } = lostRuns();
  const fenceProcess: LostRuns['fenceProcess'] = async (processId, cause) => {
    if (processId === 'stuck') throw apiError('LeaseBusy');
    return runs.fenceProcess(processId, cause);
  };
  const fenceOverdue = async (): Promise<number> => {
    throw apiError('LeaseBusy');
  };
  await takeover({ ...runs, fenceProcess, fenceOverdue })();
  expect(done).toEqual(['terminate stuck', 'terminate stuck', 'terminate stuck', 'fence quiet', 'settle', 'expire', 'forget']);
});

test("[RT-6.5] any other failure is the loop's business", async () => {
  const { runs } = lostRuns({
    fenceProcess: async () => {
      throw apiError('DatabaseUnavailable');
    },
  });
  await expect(takeover(runs)()).rejects.toMatchObject({ reason: 'DatabaseUnavailable' });
});

test('[RT-6.5] full batches are followed by the next at once; what is rare is not looked for in every pass', async () => {
  let batches = 0;
  const verdict = {
    state: 'abandoned',
    reason: 'RuntimeLost',
    message: '',
    failureClass: 'transient',
    delayMs: 0,
    deadLetter: false,
  } as const;
  const settle: LostRuns['settle'] = async (limit) => {
    batches += 1;
    return Array.from({ length: batches === 1 ? limit : 0 }, () => ({ instanceId: 'i', runId: 'r', verdict }));
  };
  const { runs, done } = lostRuns({ settle });
  const pass = takeover(runs);
  await pass();
  expect(batches).toBe(2);
  await pass();
  expect(done.filter((step) => step === 'expire')).toHaveLength(1);
});
