import type { ObjectChange } from '../../../apis/intake.ts';
import type { AuditEvent, InstanceRow } from '../../../apis/rows.ts';
import { terminalStates } from '../../../../schemas/run-words.ts';
import type { DecideSettings, Observation } from '../observation.ts';
import { auditOf } from './audit-of.ts';
import { fieldDifferences } from './instance-fields.ts';
import { idlePlan, type Plan } from './plan.ts';
import { removal } from './schedule-plan.ts';
import { effectiveSpec } from '../effective-spec.ts';

/** A cancelled run that does not end is looked at again this often; its end makes the object due anyway. */
const WAIT_FOR_END_MS = 5_000;

const FORGET: ObjectChange = { object: 'spec', action: 'delete', fields: [] };

/**
 * What the removal of a document leads to (CF-17 to CF-19). A pause does not hold it up; mode Observe never mutates, so it only forgets.
 *
 * ```
 * Retain, or nothing was ever installed      -> forget the document
 * Disable                                    -> switch off, forget the document
 * Uninstall: no schedule any more            -> run active? wait, after the grace cancel it, wait
 *                                            -> soft-delete the instance for its retention, forget the document
 * ```
 */
export function decideDeletion(observation: Observation, now: Date, settings: DecideSettings): Plan {
  const { spec, instance, inForce } = observation;
  const plan = idlePlan(inForce, spec.handledRequests);
  const effective = inForce === null ? null : effectiveSpec(inForce.spec);
  const untouched = instance === null || instance.deletedAt !== null || effective?.mode === 'Observe';
  if (untouched || effective?.deletionPolicy === 'Retain') {
    return { ...plan, forget: true, changes: [FORGET], audit: [auditOf(spec, 'connector.spec.forget')] };
  }
  if (effective?.deletionPolicy === 'Disable') return disable(observation, instance, plan);
  return uninstall(observation, instance, { plan, now, settings });
}

function disable({ spec, schedule }: Observation, instance: InstanceRow, plan: Plan): Plan {
  const after = { ...instance, enabled: false };
  const fields = instance.enabled ? [{ path: 'enabled', before: true, after: false }] : [];
  const change: ObjectChange = { object: 'instance', action: 'update', fields };
  const scheduleChange = removal(schedule);
  const changes = [...(fields.length === 0 ? [] : [change]), ...present(scheduleChange.change), FORGET];
  return {
    ...plan,
    updateInstance:
      fields.length === 0 ? null : { ...specOwned(after), instanceId: instance.instanceId, restoreFrom: null, toProvisioning: false },
    removeSchedule: scheduleChange.remove,
    forget: true,
    changes,
    audit: [auditOf(spec, 'connector.instance.disable', fields)],
  };
}

function uninstall(
  { spec, schedule, activeRun }: Observation,
  instance: InstanceRow,
  { plan, now, settings }: { plan: Plan; now: Date; settings: DecideSettings },
): Plan {
  const stopped = removal(schedule);
  const base: Plan = { ...plan, hold: 'removing', removeSchedule: stopped.remove, changes: present(stopped.change) };
  const running = activeRun !== null && !(terminalStates as readonly string[]).includes(activeRun.state);
  if (!running) return { ...base, ...retirement(spec, instance, settings), changes: [...base.changes, retired(instance), FORGET] };
  const graceLeftMs = (spec.deletionRequestedAt ?? now).getTime() + settings.removalGraceMs - now.getTime();
  if (activeRun.cancelRequestedAt !== null) return { ...base, requeueMs: WAIT_FOR_END_MS };
  // A run that has not started holds nothing that could be drained.
  if (graceLeftMs > 0 && activeRun.state !== 'pending') return { ...base, requeueMs: graceLeftMs };
  return {
    ...base,
    cancelRun: { instanceId: instance.instanceId, runId: activeRun.runId },
    changes: [...base.changes, { object: 'run', action: 'cancel', fields: [] }],
    audit: [auditOf(spec, 'connector.run.cancel')],
    requeueMs: WAIT_FOR_END_MS,
  };
}

function retirement(spec: Observation['spec'], instance: InstanceRow, settings: DecideSettings): Partial<Plan> {
  const { namespace, name } = spec;
  const row = { namespace, name, instanceId: instance.instanceId, retentionMs: settings.retentionMs };
  const audit: AuditEvent[] = [auditOf(spec, 'connector.instance.uninstall')];
  return { retireInstance: { ...row, fromStatus: instance.status, fromPhase: instance.phase }, forget: true, audit };
}

function retired(instance: InstanceRow): ObjectChange {
  const fields = fieldDifferences(specOwned(instance), { ...specOwned(instance), enabled: false });
  return { object: 'instance', action: 'delete', fields };
}

function present(change: ObjectChange | null): ObjectChange[] {
  return change === null ? [] : [change];
}

/** The spec-owned part of a row. */
export function specOwned(row: InstanceRow) {
  const { instanceId: _id, status: _status, phase: _phase, phaseReason: _reason, deletedAt: _deleted, purgeAfter: _purge, ...rest } = row;
  const { lastSuccessAt: _success, lastError: _error, healthCheckedAt: _checked, ...fields } = rest;
  return fields;
}
