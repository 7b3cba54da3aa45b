import { describe, expect, it } from '@jest/globals';
import type { Finding } from '../../../../../controller/apis/finding.ts';
import { decide } from '../../../../../controller/reconcile/connector/decide/decide.ts';
import { tellsSomething } from '../../../../../controller/reconcile/connector/reconcile.ts';
import { summarize } from '../../../../../controller/reconcile/connector/summarize/summarize.ts';
import { NOW, observation, settings } from '../../../../gen/observation.ts';

const found = (path: string): Finding => ({ path, reason: 'ConfigInvalid', message: 'm', hint: 'h', severity: 'error' });

/** Whether a pass writes an object whose status says all already, judged and stored with these findings. */
function tells(judged: readonly Finding[], stored: readonly Finding[]): boolean {
  const seen = observation({}, { judgement: { findings: judged, acceptance: null, withdrawn: false }, row: { findings: stored } });
  const plan = decide(seen, NOW, settings);
  return tellsSomething(seen, plan, { ...summarize(seen, plan, NOW), changed: false });
}

describe('tellsSomething', () => {
  it('tells a finding that changed behind an equal status', () => {
    expect(tells([found('a'), found('b')], [found('a'), found('c')])).toBe(true);
    expect(tells([found('a')], [found('a'), found('b')])).toBe(true);
  });

  it('is silent for equal findings, also those with members that JSON leaves out', () => {
    const spelled = { ...found('a'), file: undefined } as unknown as Finding;
    expect(tells([spelled, found('b')], [found('a'), found('b')])).toBe(false);
  });
});
