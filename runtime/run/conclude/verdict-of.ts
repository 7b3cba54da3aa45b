import type { ConnectorExit } from '../../apis/sandbox.ts';
import { decideOutcome, failureVerdict, type RunFacts, type RunFault, type RunVerdict } from '../../protocol/outcome.ts';
import type { RunStop } from '../run-stop.ts';

/** What is known when the connector is gone. */
export interface VerdictQuestion {
  readonly stop: Pick<RunStop, 'cause'>;
  readonly session: RunFacts['session'];
  readonly exit: ConnectorExit;
  /** The first cause of our own side. */
  readonly fault: RunFault | null;
}

/** Decides how an attempt ended, in the order of protocol A13, with what only the executor knows: stops, and the kernel's kill. */
export function verdictOf({ stop, session, exit, fault }: VerdictQuestion): RunVerdict {
  const verdict = decideOutcome({
    leaseLost: stop.cause === 'lost',
    cancelled: stop.cause === 'cancel',
    session,
    fault: fault ?? killedForMemory(session, exit),
    exit,
  });
  return asAbandoned(verdict);
}

/** The verdict of a fault of our own. */
export function faultVerdict(fault: RunFault): RunVerdict {
  return asAbandoned(failureVerdict(fault));
}

/** A cancel that is on record. What policy Incremental committed before it stays committed. */
export function cancelledVerdict(): RunVerdict {
  return {
    ...failureVerdict({ reason: 'cancelled', message: 'cancelled on request; no further checkpoint was committed' }),
    state: 'cancelled',
  };
}

/** A connector that came to its end although one of its helpers was killed has dealt with that itself. */
function killedForMemory(session: RunFacts['session'], exit: ConnectorExit): RunFault | null {
  if (!exit.oom || (session.done !== null && exit.signal === null)) return null;
  return { reason: 'OutOfMemory', message: 'the connector went over its memory limit and was killed' };
}

/** A run that was left because of its runtime has not failed: nothing is known against the connector. */
function asAbandoned(verdict: RunVerdict): RunVerdict {
  const left = verdict.reason === 'RuntimeStopped' || verdict.reason === 'RuntimeLost';
  return left ? { ...verdict, state: 'abandoned' } : verdict;
}
