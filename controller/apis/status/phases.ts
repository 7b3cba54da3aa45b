import { Fault } from '../../../platform/errors.ts';

/** What the controller sees of an instance (CF-01). */
export const phases = ['provisioning', 'active', 'degraded', 'credential_expired', 'error', 'disabled'] as const;
export type Phase = (typeof phases)[number];

/** The owner's lifecycle of an instance (CF-01). */
export const lifecycleStatuses = ['draft', 'active', 'paused', 'revoked'] as const;
export type LifecycleStatus = (typeof lifecycleStatuses)[number];

/**
 * From each phase to those that may follow it.
 *
 * ```
 * (new) -> provisioning -> active | degraded | credential_expired | error | disabled
 *              ^           active, degraded, credential_expired and error change into each other as evidence comes
 *              |           any of them -> disabled
 *              +-- disabled: an instance that is switched on again, or restored, converges anew
 * ```
 */
export const phaseTransitions: Readonly<Record<Phase, readonly Phase[]>> = {
  provisioning: ['active', 'degraded', 'credential_expired', 'error', 'disabled'],
  active: ['degraded', 'credential_expired', 'error', 'disabled'],
  degraded: ['active', 'credential_expired', 'error', 'disabled'],
  credential_expired: ['active', 'degraded', 'error', 'disabled'],
  error: ['active', 'degraded', 'credential_expired', 'disabled'],
  disabled: ['provisioning'],
};

/**
 * From each lifecycle status to those that may follow it. `draft` comes only from owner-session setup and ends with the first accepted
 * record; `revoked` ends only when the owner re-initiates, or when an uninstalled document comes back within its retention.
 */
export const lifecycleTransitions: Readonly<Record<LifecycleStatus, readonly LifecycleStatus[]>> = {
  draft: ['active', 'revoked'],
  active: ['paused', 'revoked'],
  paused: ['active', 'revoked'],
  revoked: ['active'],
};

/** Throws `IllegalTransition` (retry: the row is looked at again) unless the table allows the step. */
export function assertPhaseStep(from: Phase, to: Phase): void {
  if (!phaseTransitions[from].includes(to)) throw illegalTransition('phase', from, to);
}

/** Throws `IllegalTransition` (retry) unless the table allows the step. */
export function assertLifecycleStep(from: LifecycleStatus, to: LifecycleStatus): void {
  if (!lifecycleTransitions[from].includes(to)) throw illegalTransition('status', from, to);
}

/** The step that was attempted on a row that is no longer, or never was, in the state that it starts from. */
export function illegalTransition(axis: 'phase' | 'status', from: string, to: string): Fault {
  return new Fault({
    reason: 'IllegalTransition',
    message: `${axis} of a connector instance cannot go from ${from} to ${to}`,
    hint: 'The row is looked at again; if this repeats, something else writes to connector_instances.',
    details: { axis, from, to },
  });
}
