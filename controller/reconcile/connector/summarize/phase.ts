import type { Phase } from '../../../apis/status/phases.ts';
import type { Told } from './told.ts';

/** What the controller sees, in one word, with its cause. */
export interface PhaseSummary {
  readonly phase: Phase;
  readonly reason: string | null;
}

/** The phase that the evidence calls for: the first rule that holds. */
const RULES: readonly ((told: Told) => PhaseSummary | undefined)[] = [
  // Refused before anything was ever accepted: nothing can converge.
  ({ plan, observation }) =>
    plan.inForce === null ? { phase: 'error', reason: observation.judgement.findings[0]?.reason ?? 'Pending' } : undefined,
  ({ plan }) => (plan.hold === 'revoked' ? { phase: 'disabled', reason: 'Revoked' } : undefined),
  // By its document, or by the removal of one whose deletionPolicy is Disable.
  ({ plan }) =>
    (plan.updateInstance?.enabled ?? plan.inForce?.spec.enabled) === false ? { phase: 'disabled', reason: 'Disabled' } : undefined,
  ({ evidence }) => (evidence.credentialRejected ? { phase: 'credential_expired', reason: 'CredentialRejected' } : undefined),
  // The next launch fails alike, whatever the provider does.
  ({ evidence }) => (evidence.cannotStart ? { phase: 'error', reason: evidence.run?.reason ?? null } : undefined),
  ({ evidence }) => (evidence.verdict === 'failed' ? { phase: 'degraded', reason: evidence.run?.reason ?? null } : undefined),
  ({ observation, plan }) =>
    observation.instance === null && plan.insertInstance === null ? { phase: 'provisioning', reason: 'Observing' } : undefined,
];

/** What the controller sees of the instance once the plan is carried out. Pure. */
export function phaseOf(told: Told): PhaseSummary {
  return RULES.map((rule) => rule(told)).find((summary) => summary !== undefined) ?? { phase: 'active', reason: null };
}
