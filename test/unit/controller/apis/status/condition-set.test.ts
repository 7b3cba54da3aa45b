import { describe, expect, it } from '@jest/globals';
import { MAX_MESSAGE_LENGTH, setConditions, type WantedCondition } from '../../../../../controller/apis/status/condition-set.ts';

const t1 = new Date('2026-01-01T00:00:00Z');
const t2 = new Date('2026-01-02T00:00:00Z');
const ready = (parts: Partial<WantedCondition> = {}): WantedCondition => ({
  type: 'Ready',
  status: 'True',
  reason: 'Converged',
  message: 'good',
  ...parts,
});

describe('setConditions', () => {
  const first = setConditions([], [ready(), { type: 'Admitted', status: 'True', reason: 'Accepted', message: 'ok' }], {
    observedGeneration: 1,
    now: t1,
  });

  it('stamps generation and time, and sorts by type', () => {
    expect(first).toEqual([
      { type: 'Admitted', status: 'True', reason: 'Accepted', message: 'ok', observedGeneration: 1, lastTransitionTime: t1.toISOString() },
      { type: 'Ready', status: 'True', reason: 'Converged', message: 'good', observedGeneration: 1, lastTransitionTime: t1.toISOString() },
    ]);
  });

  it.each([
    { change: {}, at: t1.toISOString(), reason: 'nothing changed' },
    { change: { reason: 'Disabled', message: 'off' }, at: t1.toISOString(), reason: 'only status moves the time' },
    { change: { status: 'False' as const }, at: t2.toISOString(), reason: 'status changed' },
  ])('keeps lastTransitionTime unless status changed: $reason', ({ change, at }) => {
    const [next] = setConditions(first, [ready(change)], { observedGeneration: 2, now: t2 });
    expect(next).toMatchObject({ lastTransitionTime: at, observedGeneration: 2 });
  });

  it('returns the very array when nothing changed, so that the write is skipped', () => {
    const again = setConditions(first, [ready(), { type: 'Admitted', status: 'True', reason: 'Accepted', message: 'ok' }], {
      observedGeneration: 1,
      now: t2,
    });
    expect(again).toBe(first);
  });

  it('leaves out what is not wanted any more, and of two wants for a type takes the first', () => {
    const next = setConditions(first, [ready(), ready({ status: 'False' })], { observedGeneration: 1, now: t2 });
    expect(next.map(({ type, status }) => [type, status])).toEqual([['Ready', 'True']]);
  });

  it('cuts long messages without tearing a character apart', () => {
    const [next] = setConditions([], [ready({ message: `  ${'x'.repeat(MAX_MESSAGE_LENGTH - 2)}\u{1F600}\u{1F600}` })], {
      observedGeneration: 1,
      now: t1,
    });
    expect(next?.message).toHaveLength(MAX_MESSAGE_LENGTH);
    expect(next?.message.isWellFormed()).toBe(true);
    expect(next?.message.startsWith('x')).toBe(true);
  });
});
