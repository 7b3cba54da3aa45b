import type { WantedCondition } from '../../../apis/status/condition-set.ts';
import { type ConditionType, conditionTypes, readyTable } from '../../../apis/status/conditions.ts';
import type { Hold, Plan } from '../decide/plan.ts';
import type { Told } from './told.ts';
import { errorsOf } from './wanted-conditions.ts';

/** Ready, Reconciling and Stalled out of all other conditions: kstatus, computed by the declared table. */
export function kstatusConditions(told: Told, others: readonly WantedCondition[]): WantedCondition[] {
  const { plan, observation } = told;
  const ready = readyOf(told, others);
  if (plan.hold === 'removing') {
    const message = 'waits for the run to end before it carries out deletionPolicy';
    return [ready, { type: 'Reconciling', status: 'True', reason: 'Removing', message }];
  }
  const refused = others.some((condition) => condition.type === 'Admitted' && condition.status === 'False');
  const stuck = refused || errorsOf(observation.judgement.findings).length > 0 || plan.hold === 'revoked';
  return stuck ? [ready, { type: 'Stalled', status: 'True', reason: ready.reason, message: ready.message }] : [ready];
}

/** What the state of the whole object says about Ready, before any condition is asked. */
const HELD: Partial<Record<Hold, readonly [reason: string, message: string]>> = {
  removing: ['Removing', 'the connector is being removed'],
  revoked: ['Revoked', 'the owner revoked the connection; that outranks the document'],
};

function readyOf({ plan }: Told, others: readonly WantedCondition[]): WantedCondition {
  const held = plan.hold === null ? undefined : HELD[plan.hold];
  if (held !== undefined) return notReady(...held);
  if (plan.hold === 'observing' && plan.changes.length > 0)
    return notReady('Observing', 'spec.mode is Observe and the plan is not carried out');
  return firstAgainst(others) ?? inOrder(plan);
}

/** The worst thing that speaks against the connector, by the declared table. */
function firstAgainst(others: readonly WantedCondition[]): WantedCondition | undefined {
  for (const { type, tolerated, name } of readyTable) {
    const condition = others.find((candidate) => candidate.type === type);
    if (condition === undefined || !speaksAgainst(type, condition) || tolerated?.includes(condition.reason) === true) continue;
    return notReady(name === true ? type : condition.reason, condition.message);
  }
  return undefined;
}

function inOrder({ inForce }: Plan): WantedCondition {
  if (inForce === null) return { type: 'Ready', status: 'Unknown', reason: 'Pending', message: 'not looked at yet' };
  if (inForce.spec.enabled === false) {
    return { type: 'Ready', status: 'True', reason: 'Disabled', message: 'as the spec says: disabled, nothing starts' };
  }
  return { type: 'Ready', status: 'True', reason: 'Converged', message: 'the accepted spec is in force' };
}

function speaksAgainst(type: ConditionType, condition: WantedCondition): boolean {
  return condition.status === (conditionTypes[type].polarity === 'normal' ? 'False' : 'True');
}

function notReady(reason: string, message: string): WantedCondition {
  return { type: 'Ready', status: 'False', reason, message };
}
