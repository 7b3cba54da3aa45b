import { describe, expect, it } from '@jest/globals';
import { submittedDigest } from '../../../../controller/apis/intake.ts';
import { connector, withMetadata, withSpec } from '../../../gen/documents.ts';

const base = submittedDigest(connector('a'));

describe('submittedDigest', () => {
  it.each([
    {
      document: connector('a', withMetadata({ uid: 'x', resourceVersion: '4', generation: 2, creationTimestamp: 't' })),
      reason: 'what the server sets',
    },
    { document: { ...connector('a'), status: { phase: 'active' } }, reason: 'status' },
    { document: connector('a', withMetadata({ labels: undefined })), reason: 'what is not there' },
    { document: JSON.parse(JSON.stringify(connector('a'))) as unknown, reason: 'the form of the text' },
  ])('does not count $reason', ({ document }) => {
    expect(submittedDigest(document)).toBe(base);
  });

  it.each([
    { document: connector('a', withSpec({ config: { count: 4 } })), reason: 'the spec' },
    { document: connector('a', withMetadata({ labels: { a: 'b' } })), reason: 'labels' },
    { document: connector('a', withMetadata({ annotations: { a: 'b' } })), reason: 'annotations, which carry requests' },
    { document: connector('a', withMetadata({ unknown: 1 })), reason: 'unknown fields, which are refused' },
  ])('counts $reason', ({ document }) => {
    expect(submittedDigest(document)).not.toBe(base);
  });

  it('takes whatever a file may hold', () => {
    for (const value of [null, 'text', [], 3, { metadata: [] }]) expect(submittedDigest(value)).toMatch(/^[0-9a-f]{64}$/);
  });
});
