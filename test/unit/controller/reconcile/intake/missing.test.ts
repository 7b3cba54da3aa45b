import { describe, expect, it } from '@jest/globals';
import type { RecordedSpec } from '../../../../../controller/apis/ports.ts';
import { decideMissing } from '../../../../../controller/reconcile/intake/missing.ts';
import { keyOf } from '../../../../../controller/reconcile/intake/sort-documents.ts';

const SCOPE = 'folder /srv';
const owned = (count: number, parts: Partial<RecordedSpec> = {}): RecordedSpec[] =>
  Array.from(
    { length: count },
    (_, at) => ({ namespace: 'default', name: `c-${at}`, origin: { scope: SCOPE }, deleting: false, ...parts }) as RecordedSpec,
  );
const decideFor = (objects: RecordedSpec[], shown: number, source: { fingerprint?: string; confirmedRemoval?: string | null } = {}) =>
  decideMissing(objects, new Set(objects.slice(0, shown).map(keyOf)), { fingerprint: SCOPE, confirmedRemoval: null, ...source });
const counts = ({ remove, keep, pending }: ReturnType<typeof decideMissing>) => ({
  remove: remove.length,
  keep: keep.length,
  pending: pending !== null,
});

describe('decideMissing', () => {
  it.each([
    { total: 3, shown: 3, does: { remove: 0, keep: 0, pending: false }, reason: 'everything is shown' },
    { total: 3, shown: 0, does: { remove: 3, keep: 0, pending: false }, reason: 'up to ten are believed' },
    { total: 10, shown: 0, does: { remove: 10, keep: 0, pending: false }, reason: 'ten are believed' },
    { total: 11, shown: 0, does: { remove: 0, keep: 11, pending: true }, reason: 'eleven of eleven wait' },
    { total: 44, shown: 33, does: { remove: 11, keep: 0, pending: false }, reason: 'a quarter is believed' },
    { total: 43, shown: 32, does: { remove: 0, keep: 11, pending: true }, reason: 'more than a quarter waits' },
  ])('$shown of $total: $reason', ({ total, shown, does }) => {
    expect(counts(decideFor(owned(total), shown))).toEqual(does);
  });

  it('carries out what was confirmed, and only that', () => {
    const objects = owned(20);
    const token = decideFor(objects, 0).pending?.token ?? '';
    expect(counts(decideFor(objects, 0, { confirmedRemoval: token }))).toEqual({ remove: 20, keep: 0, pending: false });
    expect(counts(decideFor(objects, 1, { confirmedRemoval: token }))).toEqual({ remove: 0, keep: 19, pending: true });
  });

  it('believes nothing about objects that another scope showed', () => {
    const decided = decideFor(owned(3), 0, { fingerprint: 'folder /elsewhere' });
    expect(counts(decided)).toEqual({ remove: 0, keep: 3, pending: false });
    expect(decided.keep[0]?.error.reason).toBe('SourceMissing');
  });

  it('counts no object that is being removed already', () => {
    expect(counts(decideFor(owned(20, { deleting: true }), 0))).toEqual({ remove: 0, keep: 0, pending: false });
  });
});
