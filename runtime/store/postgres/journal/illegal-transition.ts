import { Fault } from '../../../../platform/errors.ts';
import type { RunKey } from '../../../apis/run.ts';

/** The fault of a step that the run's state does not allow. Nothing was written. */
export function illegalTransition(key: RunKey, from: string | null, to: string): Fault {
  return new Fault({
    reason: 'IllegalTransition',
    message: `run ${key.runId} is ${from ?? 'gone'} and cannot become ${to}`,
    hint: 'this is a fault of the runtime: report it',
    disposition: { kind: 'stall' },
    details: { run_id: key.runId, attempt: key.attempt, from, to },
  });
}
