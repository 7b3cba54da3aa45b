import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { admit, isAccepted } from '../../../controller/admission/admit.ts';
import { parseDocuments } from '../../../controller/admission/parse/parse-documents.ts';
import { canonicalJson, revisionOf } from '../../../schemas/revision.ts';
import type { ConnectorSpec } from '../../../schemas/connector.ts';
import { admissionContext } from '../../gen/admission-context.ts';
import { connector } from '../../gen/documents.ts';

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    fc.boolean(),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(
      fc.string({ minLength: 1, maxLength: 5 }).filter((key) => key !== '__proto__'),
      tie('any'),
      { maxKeys: 4 },
    ),
  ),
})).any;
const config = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd e', '1'), value, { maxKeys: 4 });

const read = (text: string) => parseDocuments(text).documents[0]?.value;

describe('revision', () => {
  test('[HARD-19.3-17] the YAML form and the JSON form of any spec have one revision', () => {
    fc.assert(
      fc.property(config, (inside) => {
        const spec = { ...connector('a').spec, config: inside };
        const forms = [stringify(spec), JSON.stringify(spec), JSON.stringify(spec, null, '\t')].map((text) => canonicalJson(read(text)));
        expect(new Set(forms).size).toBe(1);
      }),
      { numRuns: 500, seed: 11 },
    );
  });

  test('[HARD-19.3-17] key order, spelling of numbers and nulls do not count', () => {
    const a = revisionOf({ b: 1, a: { y: 0, x: [1, null] }, c: null } as unknown as ConnectorSpec);
    expect(revisionOf({ a: { x: [1.0, null], y: -0 }, b: 1 } as unknown as ConnectorSpec)).toBe(a);
    expect(a).toMatch(/^[0-9a-f]{64}$/);
  });

  test('what was written counts: a default that is spelled out is another revision, the order of a list too', () => {
    const spec = connector('a').spec as ConnectorSpec;
    expect(revisionOf({ ...spec, enabled: true })).not.toBe(revisionOf(spec));
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  });

  test('[HARD-19.3-17] a document with owner in metadata has the revision of the one with owner in spec', () => {
    const inSpec = connector('a');
    const { owner, ...rest } = inSpec.spec;
    const documents = [inSpec, { ...inSpec, metadata: { name: 'a', owner: { ...owner, id: owner?.id.toUpperCase() } }, spec: rest }];
    const revisions = documents.map((document) => {
      const admission = admit({ value: document }, admissionContext());
      return isAccepted(admission) ? admission.accepted.revision : admission.findings;
    });
    expect(revisions[0]).toEqual(revisions[1]);
  });
});
