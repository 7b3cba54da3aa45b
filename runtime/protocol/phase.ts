/**
 * Where a run's conversation stands (protocol A6).
 *
 * ```
 * initializing --start_written--> collecting --done--> done
 *      |                              |                  |
 *      +------------------------------+------------------+--closed--> closed
 * ```
 * `initializing`: any line is a violation. `collecting`: every message type. `done`: any line is a violation. `closed`: nothing is heard.
 */
export type Phase = 'initializing' | 'collecting' | 'done' | 'closed';

/** What moves a conversation on. */
export type PhaseEvent = 'start_written' | 'done' | 'closed';

const transitions: Readonly<Record<Phase, Partial<Record<PhaseEvent, Phase>>>> = {
  initializing: { start_written: 'collecting', closed: 'closed' },
  collecting: { done: 'done', closed: 'closed' },
  done: { closed: 'closed' },
  closed: { closed: 'closed' },
};

/** The next phase; throws for a step that the table does not have, since that is a fault of the caller (such as a second START). */
export function nextPhase(phase: Phase, event: PhaseEvent): Phase {
  const next = transitions[phase][event];
  if (next === undefined) throw new Error(`protocol phase ${phase} has no event ${event}`);
  return next;
}
