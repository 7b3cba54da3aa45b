import type { Phase } from '../../../apis/status/phases.ts';
import type { Told } from './wanted-conditions.ts';

/** What the controller sees, in one word, with its cause. */
export interface PhaseSummary {
  readonly phase: Phase;
  readonly reason: string | null;
}

/**
 * The phase that the evidence calls for, first that holds:
 * nothing accepted yet and refused: error; disabled or revoked: disabled; a credential that the provider refuses: credential_expired;
 * a launch that cannot work as things are: error; a last run that a person must look at: degraded; nothing installed: provisioning; else active.
 */
export function phaseOf({ observation, plan, evidence }: Told): PhaseSummary {
  if (plan.inForce === null) return { phase: 'error', reason: observation.judgement.findings[0]?.reason ?? 'Pending' };
  if (plan.inForce.spec.enabled === false || plan.hold === 'revoked') {
    return { phase: 'disabled', reason: plan.hold === 'revoked' ? 'Revoked' : 'Disabled' };
  }
  if (evidence.credentialRejected) return { phase: 'credential_expired', reason: 'CredentialRejected' };
  if (evidence.cannotStart) return { phase: 'error', reason: evidence.run?.reason ?? null };
  if (evidence.verdict === 'failed') return { phase: 'degraded', reason: evidence.run?.reason ?? null };
  const installed = observation.instance !== null || plan.insertInstance !== null;
  return installed ? { phase: 'active', reason: null } : { phase: 'provisioning', reason: 'Observing' };
}
