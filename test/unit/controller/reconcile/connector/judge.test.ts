import { describe, expect, it } from '@jest/globals';
import type { Admit } from '../../../../../controller/apis/intake.ts';
import { createJudge } from '../../../../../controller/reconcile/connector/judge.ts';
import { admitWith } from '../../../../../controller/compose/admission-verdict.ts';
import { admissionContext } from '../../../../gen/admission-context.ts';
import { revision, specOf, specRow } from '../../../../gen/observation.ts';

const { catalog: view, door: _, ...context } = admissionContext();
const catalog = { view, stamp: 's' };
const spec = specOf();
const inForce = revision(spec);
const scope = () => ({ namespaces: null, owners: null });
const judge = (admit: Admit = admitWith(context)) => createJudge(admit, scope);

describe('the judge', () => {
  it('judges an edit of labels anew, though the spec is the same', () => {
    const judged = judge();
    expect(judged(specRow(spec), inForce, catalog).acceptance).not.toBeNull();
    const edited = specRow(spec, { labels: { team: 'x'.repeat(64) }, submittedDigest: 'edited' });
    const { acceptance, findings } = judged(edited, inForce, catalog);
    expect(acceptance).toBeNull();
    expect(findings).toContainEqual(expect.objectContaining({ path: 'metadata.labels.team', severity: 'error' }));
  });

  it('judges an equal submission once, until the catalog changes', () => {
    let asked = 0;
    const admit = admitWith(context);
    const judged = judge((...given) => {
      asked += 1;
      return admit(...given);
    });
    judged(specRow(spec), inForce, catalog);
    judged(specRow(spec), inForce, catalog);
    expect(asked).toBe(1);
    judged(specRow(spec), inForce, { ...catalog, stamp: 't' });
    expect(asked).toBe(2);
  });
});
