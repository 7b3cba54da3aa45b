import { describe, expect, it } from '@jest/globals';
import { assertLifecycleStep, assertPhaseStep, lifecycleStatuses, phases } from '../../../../../controller/apis/status/phases.ts';

/** The documented steps, written out once more by hand: the table must not change unnoticed. */
const PHASE_STEPS = new Set([
  'provisioning>active',
  'provisioning>degraded',
  'provisioning>credential_expired',
  'provisioning>error',
  'provisioning>disabled',
  'active>degraded',
  'active>credential_expired',
  'active>error',
  'active>disabled',
  'degraded>active',
  'degraded>credential_expired',
  'degraded>error',
  'degraded>disabled',
  'credential_expired>active',
  'credential_expired>degraded',
  'credential_expired>error',
  'credential_expired>disabled',
  'error>active',
  'error>degraded',
  'error>credential_expired',
  'error>disabled',
  'disabled>provisioning',
]);
const LIFECYCLE_STEPS = new Set([
  'draft>active',
  'draft>revoked',
  'active>paused',
  'active>revoked',
  'paused>active',
  'paused>revoked',
  'revoked>active',
]);

describe('transitions', () => {
  it.each(phases.flatMap((from) => phases.map((to) => ({ from, to }))))(
    '[HARD-19.10-7] phase $from > $to occurs only if documented',
    ({ from, to }) => {
      const step = () => assertPhaseStep(from, to);
      if (PHASE_STEPS.has(`${from}>${to}`)) expect(step).not.toThrow();
      else expect(step).toThrow(expect.objectContaining({ reason: 'IllegalTransition', details: { axis: 'phase', from, to } }));
    },
  );

  it.each(lifecycleStatuses.flatMap((from) => lifecycleStatuses.map((to) => ({ from, to }))))(
    '[HARD-19.10-7] status $from > $to occurs only if documented',
    ({ from, to }) => {
      const step = () => assertLifecycleStep(from, to);
      if (LIFECYCLE_STEPS.has(`${from}>${to}`)) expect(step).not.toThrow();
      else expect(step).toThrow(expect.objectContaining({ reason: 'IllegalTransition' }));
    },
  );

  it('[HARD-4-1] there are exactly six phases', () => {
    expect([...phases].sort()).toEqual(['active', 'credential_expired', 'degraded', 'disabled', 'error', 'provisioning']);
  });
});
