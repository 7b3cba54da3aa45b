import type { AcceptedRevision } from '../../../apis/ports.ts';
import type { RevisionRow } from '../../../apis/rows.ts';
import type { DecideSettings, Observation } from '../observation.ts';
import { decideDeletion } from './deletion.ts';
import { decideInForce } from './in-force.ts';
import { idlePlan, type Plan } from './plan.ts';
import { effectiveSpec } from '../effective-spec.ts';

/**
 * What one pass does for one object. Pure: equal observation, equal plan. In order: a removal comes before everything, also before a
 * pause; a paused object is left alone; without an accepted revision there is nothing to carry out; Observe plans and holds back.
 */
export function decide(observation: Observation, now: Date, settings: DecideSettings): Plan {
  const { spec } = observation;
  if (spec.deletionRequestedAt !== null) return decideDeletion(observation, now, settings);
  if (spec.reconcilePausedAt !== null) return { ...idlePlan(observation.inForce, spec.handledRequests), hold: 'paused' };
  const accepted = acceptedNow(observation);
  if (accepted === null) return idlePlan(null, spec.handledRequests);
  const plan = decideInForce({ ...observation, inForce: accepted }, now, settings);
  const saveRevision = sameResolution(observation.inForce, accepted) ? null : revisionToSave(observation, accepted);
  return effectiveSpec(accepted.spec).mode === 'Observe' ? heldBack(plan, saveRevision) : { ...plan, saveRevision };
}

/** The revision in force from now on: the newest generation if it is accepted today, else the last one that was. */
function acceptedNow({ judgement, inForce }: Observation): RevisionRow | null {
  if (judgement.acceptance === null) return inForce;
  const { revision, spec, connectorTypeVersion, configSchemaVersion } = judgement.acceptance;
  return { revision, spec, connectorTypeVersion, configSchemaVersion };
}

function sameResolution(a: RevisionRow | null, b: RevisionRow): boolean {
  return (
    a !== null &&
    a.revision === b.revision &&
    a.connectorTypeVersion === b.connectorTypeVersion &&
    a.configSchemaVersion === b.configSchemaVersion
  );
}

function revisionToSave({ spec }: Observation, accepted: RevisionRow): AcceptedRevision {
  return { namespace: spec.namespace, name: spec.name, ...accepted };
}

/** Observe: the changes are told, nothing but the revision itself is written, requests stay as they are. */
function heldBack(plan: Plan, saveRevision: AcceptedRevision | null): Plan {
  return { ...idlePlan(plan.inForce, plan.handledRequests), saveRevision, hold: 'observing', changes: plan.changes };
}
