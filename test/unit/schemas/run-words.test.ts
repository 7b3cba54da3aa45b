import { describe, expect, test } from '@jest/globals';
import { failureClasses, inFlightStates, mayFollow, runStates, runTransitions, terminalStates } from '../../../schemas/run-words.ts';
import { needsPerson, terminalReasons } from '../../../schemas/terminal-reasons.ts';

describe('run states', () => {
  test('a terminal state is never left, and every other one can reach each ending', () => {
    for (const state of terminalStates) expect(runTransitions[state]).toEqual([]);
    for (const state of inFlightStates) {
      for (const ending of ['failed', 'cancelled', 'abandoned', 'pending'] as const) expect(mayFollow(state, ending)).toBe(true);
    }
  });

  test('[RT-3.1] success comes only from running, and a retry only through pending', () => {
    expect(runStates.filter((state) => mayFollow(state, 'succeeded'))).toEqual(['running']);
    expect(runStates.filter((state) => mayFollow(state, 'starting'))).toEqual(['pending']);
  });
});

describe('terminal reasons', () => {
  test.each(Object.entries(terminalReasons))('%s has a class, a meaning and a hint', (_word, entry) => {
    expect(failureClasses).toContain(entry.failureClass);
    expect(entry.meaning).toMatch(/\.$/);
    expect(entry.hint).toMatch(/\.$/);
  });

  test('[RT-8.3] what is deterministic is never retried, what is transient is', () => {
    for (const entry of Object.values(terminalReasons)) {
      if (entry.retry === 'yes') expect(entry.failureClass).toBe('transient');
      if (entry.failureClass === 'transient') expect(entry.retry).toBe('yes');
    }
    expect(terminalReasons.connector_protocol_violation.retry).toBe('no');
  });

  test.each([
    ['a violation', { state: 'failed', reason: 'connector_protocol_violation', failureClass: 'permanent' }, true],
    ['a transient failure that used its retries up', { state: 'failed', reason: 'DatabaseUnavailable', failureClass: 'transient' }, true],
    ['a word of a later version', { state: 'failed', reason: 'SomethingNew', failureClass: 'permanent' }, true],
    ['a retry that waits', { state: 'pending', reason: 'connector_exit_without_done', failureClass: 'transient' }, false],
    ['an abandoned run', { state: 'abandoned', reason: 'RuntimeLost', failureClass: 'transient' }, false],
    ['a cancelled run', { state: 'cancelled', reason: 'cancelled', failureClass: 'permanent' }, false],
    ['a success', { state: 'succeeded', reason: null, failureClass: null }, false],
  ] as const)('%s asks for a person: %#', (_name, run, asks) => {
    expect(needsPerson(run)).toBe(asks);
  });
});
