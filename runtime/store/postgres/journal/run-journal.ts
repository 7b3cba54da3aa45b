import type { Session } from '../../../../platform/postgres/connect.ts';
import type { RunJournal } from '../../../apis/ports.ts';
import type { AttemptOutcome, RunEvent, RunKey } from '../../../apis/run.ts';
import { type Patience, withPatience } from '../patience.ts';
import { finishAttempt } from './finish-attempt.ts';
import { appendEvents, beginRun, enterCommit, saveRunLog } from './milestones.ts';
import { numberEvents } from './run-events.ts';

/** Ends an attempt that is followed by another. */
const ATTEMPT_FAILED = 'run.attempt_failed';

/** The adapter of `RunJournal`. A log must be saved before `finish`, which gives the lease away. */
export function createRunJournal(db: Session, patience: Patience): RunJournal {
  const patiently = <T>(statement: () => Promise<T>): Promise<T> => withPatience(patience, statement);
  const numbered = (events: readonly RunEvent[]) => patiently(() => numberEvents(db, events));
  const end = async (key: RunKey, outcome: AttemptOutcome, terminal: RunEvent, retryDelayMs: number | null) => {
    const [event] = await numbered([terminal]);
    return patiently(() => finishAttempt(db, key, { outcome, event: event as typeof event & { seq: number }, retryDelayMs }));
  };
  return {
    async begin(key, started) {
      const [event] = await numbered([started]);
      await patiently(() => beginRun(db, key, event as typeof event & { seq: number }));
    },
    async append(key, events) {
      if (events.length === 0) return;
      const withNumbers = await numbered(events);
      await patiently(() => appendEvents(db, key, withNumbers));
    },
    saveLog: (key, log) => patiently(() => saveRunLog(db, key, log)),
    beginCommit: (key) => patiently(() => enterCommit(db, key)),
    async finish(key, outcome, terminal, retry) {
      // Of a run with several attempts only the last tells the run's end: exactly one terminal event a run (RT-4.5).
      const event = retry === null ? terminal : { ...terminal, type: ATTEMPT_FAILED };
      const result = await end(key, outcome, event, retry?.delayMs ?? null);
      if (result === 'written') return retry === null ? outcome.state : 'pending';
      const cancelled = asCancelled(outcome);
      const facts = { state: cancelled.state, terminal_reason: cancelled.reason, message: cancelled.message };
      await end(key, cancelled, { type: 'run.failed', data: { ...terminal.data, ...facts } }, null);
      return cancelled.state;
    },
  };
}

/** The outcome of a failed attempt whose retry a cancel forestalled: facts stay, the ending is the owner's. */
function asCancelled(outcome: AttemptOutcome): AttemptOutcome {
  return {
    ...outcome,
    state: 'cancelled',
    reason: 'cancelled',
    message: 'cancelled on request before its next attempt',
    failureClass: 'permanent',
    retryable: false,
  };
}
