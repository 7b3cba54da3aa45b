import { describe, expect, test } from '@jest/globals';
import { type CheckpointQuestion, commitStatus, eligibleCheckpoints } from '../../../../runtime/protocol/checkpoints.ts';
import { stream } from '../../../gen/protocol.ts';

const manifest = [
  stream({ name: 'folders' }),
  stream({ name: 'mails' }),
  stream({ name: 'notes' }),
  stream({ name: 'contacts' }),
  stream({ name: 'bodies', stateStream: 'mails', coverageStrategy: 'checkpoint_window' }),
  stream({ name: 'files', parentStreams: ['mails', 'notes'], coverageStrategy: 'parent_detail_accounting' }),
];
const mailsReport = { stream: 'files', parent: 'mails', complete: true };
const notesReport = { stream: 'files', parent: 'notes', complete: false };
const all = ['folders', 'mails', 'notes', 'contacts', 'bodies', 'files'];

function plan(mods: Partial<CheckpointQuestion> = {}) {
  return eligibleCheckpoints({
    manifest,
    scoped: new Set(all),
    staged: new Set(['contacts', 'notes', 'mails', 'folders']),
    failedStreams: new Set(),
    reports: [mailsReport, notesReport],
    certifiedFailure: false,
    ...mods,
  });
}

describe('eligibleCheckpoints', () => {
  const failed = (...names: string[]) => ({ certifiedFailure: true, failedStreams: new Set(names) });

  test.each([
    ['a failed self-mapped stream and an incomplete report', failed('contacts'), ['folders', 'mails']],
    ['a success with an incomplete report', {}, ['folders', 'mails', 'contacts']],
    ['a failed stream with a state stream withholds that', failed('bodies'), ['folders', 'contacts']],
    ['a failed stream with parents withholds each', failed('files'), ['folders', 'contacts']],
    ['no report for one parent withholds that one', { ...failed('contacts'), reports: [mailsReport] }, ['folders', 'mails']],
    ['no report at all', { reports: [] }, ['folders', 'contacts']],
    [
      'no report, but the dependent is not in scope',
      { reports: [], scoped: new Set(['folders', 'mails', 'notes', 'contacts']) },
      ['folders', 'mails', 'notes', 'contacts'],
    ],
    [
      'a skip counts in a certified failure only',
      { failedStreams: new Set(['contacts']), reports: [mailsReport, { ...notesReport, complete: true }] },
      ['folders', 'mails', 'notes', 'contacts'],
    ],
    ['a parent out of scope was not staged', { staged: new Set(['folders']) }, ['folders']],
  ] as [string, Partial<CheckpointQuestion>, string[]][])('[PROTO-31, PROTO-32] %s', (_name, mods, commit) => {
    expect(plan(mods).commit).toEqual(commit);
  });

  test('[PROTO-31] each withheld one has its reason, in manifest order', () => {
    expect(plan(failed('contacts')).withheld).toEqual([
      { stream: 'notes', reason: 'detail_coverage_incomplete' },
      { stream: 'contacts', reason: 'stream_collection_failed' },
    ]);
  });

  test.each([
    ['with its parents', {}, ['mails', 'bodies']],
    ['not when it failed itself', failed('bodies'), []],
    ['not when its parent is withheld', { reports: [{ ...mailsReport, complete: false }, notesReport] }, []],
  ] as [string, Partial<CheckpointQuestion>, string[]][])("[PROTO-19] a dependent's own checkpoint commits %s", (_name, mods, commit) => {
    expect(plan({ staged: new Set(['mails', 'bodies']), ...mods }).commit).toEqual(commit);
  });
});

test.each([
  [{ persist: false, succeeded: true, staged: 2, committed: 0 }, 'disabled'],
  [{ persist: true, succeeded: true, staged: 0, committed: 0 }, 'committed'],
  [{ persist: true, succeeded: false, staged: 0, committed: 0 }, 'not_committed'],
  [{ persist: true, succeeded: true, staged: 2, committed: 2 }, 'committed'],
  [{ persist: true, succeeded: false, staged: 2, committed: 1 }, 'partial'],
  [{ persist: true, succeeded: true, staged: 2, committed: 0 }, 'not_committed'],
])('[RT-3.1, RT-3.2, RT-3.3] commit status of %j', (totals, status) => {
  expect(commitStatus(totals)).toBe(status);
});
