import { describe, expect, it } from '@jest/globals';
import type { Submission, SubmittedDocument } from '../../../../../controller/apis/intake.ts';
import type { RecordedSpec } from '../../../../../controller/apis/ports.ts';
import { keyOf, sortDocuments } from '../../../../../controller/reconcile/intake/sort-documents.ts';

const document = (name: string, parts: Partial<SubmittedDocument> = {}): SubmittedDocument => ({
  namespace: 'default',
  name,
  digest: 'same',
  origin: { file: `${name}.yaml` },
  read: () => ({ value: {} }),
  ...parts,
});
const recorded = (name: string, parts: Partial<RecordedSpec> = {}): RecordedSpec => ({
  namespace: 'default',
  name,
  uid: 'u',
  instanceId: 'i',
  source: 'folder',
  origin: { file: `${name}.yaml` },
  annotations: {},
  ownerType: 'user',
  ownerId: 'o',
  projectId: null,
  type: 'counter',
  specDigest: 's',
  submittedDigest: 'same',
  acceptedRevision: 's',
  refused: false,
  findings: null,
  generation: 1,
  resourceVersion: 7,
  sourceError: null,
  claims: [],
  deleting: false,
  ...parts,
});
const submission = (documents: SubmittedDocument[]): Submission => ({
  source: 'folder',
  epoch: 1,
  documents,
  scope: { namespaces: null, owners: null },
  actor: { kind: 'source', name: 'folder' },
  invalid: 'store',
});
const sort = (documents: SubmittedDocument[], known: RecordedSpec[], lookAgain = false): string[] =>
  sortDocuments(submission(documents), new Map(known.map((object) => [keyOf(object), object])), lookAgain).map((one) =>
    one.kind === 'answered' ? one.result.outcome : one.kind,
  );

describe('sortDocuments', () => {
  it.each<{ documents: SubmittedDocument[]; known: RecordedSpec[]; lookAgain?: boolean; sorted: string[]; reason: string }>([
    { documents: [document('a')], known: [], sorted: ['admit'], reason: 'it is new' },
    { documents: [document('a')], known: [recorded('a')], sorted: ['unchanged'], reason: 'its digest is recorded' },
    { documents: [document('a', { digest: 'new' })], known: [recorded('a')], sorted: ['admit'], reason: 'it changed' },
    {
      documents: [document('a')],
      known: [recorded('a', { refused: true })],
      sorted: ['unchanged'],
      reason: 'it was refused and nothing else changed',
    },
    {
      documents: [document('a')],
      known: [recorded('a', { refused: true })],
      lookAgain: true,
      sorted: ['admit'],
      reason: 'it was refused and the catalog changed',
    },
    {
      documents: [document('a')],
      known: [recorded('a')],
      lookAgain: true,
      sorted: ['unchanged'],
      reason: 'an accepted one is not read again',
    },
    { documents: [document('a')], known: [recorded('a', { source: 'upload' })], sorted: ['conflict'], reason: 'another source was first' },
    { documents: [document('a')], known: [recorded('a', { source: 'released' })], sorted: ['admit'], reason: 'its source let go' },
    {
      documents: [document('a')],
      known: [recorded('a', { source: 'upload', annotations: { 'cynodeai.io/adopt': 'folder' } })],
      sorted: ['admit'],
      reason: 'its owner hands it to this source',
    },
    {
      documents: [document('a')],
      known: [recorded('a', { source: 'upload', annotations: { 'cynodeai.io/adopt': 'other' } })],
      sorted: ['conflict'],
      reason: 'its owner hands it to another source',
    },
    { documents: [document('a')], known: [recorded('a', { deleting: true })], sorted: ['removing'], reason: 'it is being removed' },
    {
      documents: [document('a', { resourceVersion: '7' })],
      known: [recorded('a')],
      sorted: ['unchanged'],
      reason: 'it was read at this version',
    },
    {
      documents: [document('a', { resourceVersion: '6' })],
      known: [recorded('a')],
      sorted: ['stale'],
      reason: 'it was read before the last change',
    },
    { documents: [document('a', { resourceVersion: '6' })], known: [], sorted: ['stale'], reason: 'what it was read from is gone' },
    {
      documents: [document('a', { origin: { file: 'x' } }), document('a', { origin: { file: 'y' } })],
      known: [],
      sorted: ['admit', 'conflict'],
      reason: 'of two new ones the first',
    },
    {
      documents: [document('a', { origin: { file: 'x' } }), document('a', { origin: { file: 'a.yaml' } })],
      known: [recorded('a')],
      sorted: ['conflict', 'unchanged'],
      reason: 'of two the recorded one',
    },
    {
      documents: [document('a', { namespace: 'one' }), document('a', { namespace: 'two' })],
      known: [],
      sorted: ['admit', 'admit'],
      reason: 'namespaces are apart',
    },
  ])('$sorted: $reason', ({ documents, known, lookAgain, sorted }) => {
    expect(sort(documents, known, lookAgain)).toEqual(sorted);
  });
});
