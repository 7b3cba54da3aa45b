import type { WantedCondition } from '../../../apis/status/condition-set.ts';
import { effectiveSpec } from '../effective-spec.ts';
import type { Evidence } from './evidence.ts';
import type { Told } from './told.ts';

/** What the last run showed about the credential, the first that holds. */
const RULES: readonly ((evidence: Evidence, said: string) => WantedCondition | undefined)[] = [
  ({ credentialUnavailable }, said) => (credentialUnavailable ? credential('False', 'CredentialUnavailable', said) : undefined),
  ({ credentialRejected }, said) => (credentialRejected ? credential('False', 'CredentialRejected', said) : undefined),
  ({ credentialResolved, run }) => (credentialResolved ? credential('True', 'Resolved', `run ${run?.runId} got it`) : undefined),
  () => credential('Unknown', 'NotTried', 'no run has asked for it yet'),
];

/** CredentialReady: from the spec when none is needed, else from the last run; the controller itself cannot resolve anything. */
export function credentialReady({ plan, evidence }: Told): WantedCondition | undefined {
  if (plan.inForce === null) return undefined;
  if (effectiveSpec(plan.inForce.spec).credentials.mode === 'none') return credential('True', 'NotNeeded', 'no credential is used');
  const said = evidence.run?.message ?? 'the run left no message';
  return RULES.map((rule) => rule(evidence, said)).find((condition) => condition !== undefined);
}

function credential(status: WantedCondition['status'], reason: string, message: string): WantedCondition {
  return { type: 'CredentialReady', status, reason, message };
}
