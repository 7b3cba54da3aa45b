import type { ObjectChange } from '../../../apis/intake.ts';
import type { AuditEvent, FieldChange, InstanceRow, RevisionRow, SpecRow } from '../../../apis/rows.ts';
import type { DecideSettings, Observation } from '../observation.ts';
import { auditOf } from './audit-of.ts';
import { specOwned } from './deletion.ts';
import { desiredFields, fieldDifferences, overRow } from './instance-fields.ts';
import { idlePlan, type Plan } from './plan.ts';
import { decideRequests, type Requests } from './requests.ts';
import { planSchedule } from './schedule-plan.ts';

type Materialized = Pick<Plan, 'insertInstance' | 'updateInstance'> & { changes: ObjectChange[]; audit: AuditEvent[] };

/** A request whose carrying out after the commit was not confirmed is planned again after this time. */
const CONFIRM_MS = 5_000;

/** Carries an accepted revision into rows: instance, schedule, requests. */
export function decideInForce(observation: Observation & { inForce: RevisionRow }, now: Date, settings: DecideSettings): Plan {
  const { spec, instance, inForce } = observation;
  if (isRevoked(instance)) return decideRevoked(observation, now, settings);
  const desired = desiredFields(spec, inForce);
  const rows = instance === null ? insertion(spec, desired) : reconciled(spec, instance, desired);
  const when = { now, off: !desired.enabled, idle: isIdle(instance), settings };
  const schedule = planSchedule(spec.instanceId, inForce, observation.schedule, when);
  const requests = decideRequests(spec, observation.activeRun, desired.enabled ? null : 'Disabled');
  return {
    ...idlePlan(inForce, requests.handled),
    insertInstance: rows.insertInstance,
    updateInstance: rows.updateInstance,
    upsertSchedule: schedule.upsert,
    removeSchedule: schedule.remove,
    startRun: requests.startRun,
    cancelRun: cancelOf(spec, requests.cancelRun),
    changes: [...rows.changes, ...present(schedule.change), ...runChanges(requests)],
    // A schedule that comes with its instance is part of the creation.
    audit: rows.insertInstance === null ? [...rows.audit, ...scheduleAudit(spec, schedule.change)] : rows.audit,
    requeueMs: requests.startRun || requests.cancelRun !== null ? CONFIRM_MS : null,
  };
}

function present(change: ObjectChange | null): ObjectChange[] {
  return change === null ? [] : [change];
}

function scheduleAudit(spec: SpecRow, change: ObjectChange | null): AuditEvent[] {
  return change === null ? [] : [auditOf(spec, 'connector.schedule.update', change.fields)];
}

function runChanges({ startRun, cancelRun }: Requests): ObjectChange[] {
  const start: ObjectChange[] = startRun ? [{ object: 'run', action: 'start', fields: [] }] : [];
  return cancelRun === null ? start : [...start, { object: 'run', action: 'cancel', fields: [] }];
}

/** The owner revoked the connection: that outranks the document (CF-16). Only the schedule is switched off. */
function decideRevoked(observation: Observation & { inForce: RevisionRow }, now: Date, settings: DecideSettings): Plan {
  const { spec, inForce, activeRun } = observation;
  const schedule = planSchedule(spec.instanceId, inForce, observation.schedule, { now, off: true, idle: true, settings });
  const requests = decideRequests(spec, activeRun, 'Revoked');
  return {
    ...idlePlan(inForce, requests.handled),
    hold: 'revoked',
    upsertSchedule: schedule.upsert,
    removeSchedule: schedule.remove,
    cancelRun: cancelOf(spec, requests.cancelRun),
    changes: present(schedule.change),
    audit: scheduleAudit(spec, schedule.change),
  };
}

function isRevoked(instance: InstanceRow | null): boolean {
  return instance !== null && instance.status === 'revoked' && instance.deletedAt === null;
}

/** Its owner paused it, or has not finished setting it up; one that comes back from a removal is active again. */
function isIdle(instance: InstanceRow | null): boolean {
  return instance !== null && instance.deletedAt === null && instance.status !== 'active';
}

function insertion(spec: SpecRow, desired: ReturnType<typeof desiredFields>): Materialized {
  const fields = fieldDifferences(null, desired);
  return {
    insertInstance: { ...desired, instanceId: spec.instanceId },
    updateInstance: null,
    changes: [{ object: 'instance', action: 'create', fields }],
    // The revision says what was created; only what changes later is told field by field.
    audit: [auditOf(spec, 'connector.instance.create')],
  };
}

/** Puts a row to what the revision says: a new revision, a restore within the retention, or drift, each audited under its own name. */
function reconciled(spec: SpecRow, instance: InstanceRow, desired: ReturnType<typeof desiredFields>): Materialized {
  const after = overRow(desired, instance);
  const fields = fieldDifferences(specOwned(instance), after);
  const restore = instance.deletedAt !== null;
  // A switched-on instance whose phase still says disabled has its way back to begin.
  const toProvisioning = after.enabled && instance.phase === 'disabled';
  if (fields.length === 0 && !restore && !toProvisioning) return { insertInstance: null, updateInstance: null, changes: [], audit: [] };
  const action = restore ? 'restore' : 'update';
  return {
    insertInstance: null,
    updateInstance: { ...after, instanceId: spec.instanceId, restoreFrom: restore ? instance.status : null, toProvisioning },
    changes: [{ object: 'instance', action, fields }],
    audit: [auditOf(spec, restore ? 'connector.instance.restore' : updateAction(spec, fields), fields)],
  };
}

/** A row that differs though nothing new was accepted was edited by hand. A document's first pass only takes up what it finds. */
function updateAction(spec: SpecRow, fields: readonly FieldChange[]): string {
  const newRevision = fields.some(({ path }) => path === 'revision' || path === 'connectorTypeVersion');
  const drifted = fields.length > 0 && !newRevision && spec.observedGeneration > 0;
  return drifted ? 'connector.instance.drift_overwritten' : 'connector.instance.update';
}

function cancelOf(spec: SpecRow, run: { runId: string } | null): Plan['cancelRun'] {
  return run === null ? null : { instanceId: spec.instanceId, runId: run.runId };
}
