import type { ReconcileUnit, ReconcileWriteResult, ReconcileWrites } from '../../apis/ports.ts';
import type { Plan } from './decide/plan.ts';
import type { SpecRow } from '../../apis/rows.ts';
import type { Summary } from './summarize/summarize.ts';

/** A plan, the object that it is for, and what will be told once it is carried out. */
export interface PlannedObject {
  readonly spec: SpecRow;
  readonly plan: Plan;
  readonly summary: Summary;
}

/** Carries out the rows of all plans: one statement a kind of change, in the pass's transaction. Plans that do nothing cost nothing. */
export async function apply(unit: ReconcileUnit, planned: readonly PlannedObject[]): Promise<ReconcileWriteResult> {
  return unit.apply(writesOf(planned));
}

/** All plans of a batch as writes. Pure. */
export function writesOf(planned: readonly PlannedObject[]): ReconcileWrites {
  const plans = planned.map(({ plan }) => plan);
  return {
    revisions: present(plans.map((plan) => plan.saveRevision)),
    insertInstances: planned.flatMap(({ plan, summary }) =>
      plan.insertInstance === null ? [] : [{ ...plan.insertInstance, ...summary.phase }],
    ),
    updateInstances: present(plans.map((plan) => plan.updateInstance)),
    upsertSchedules: present(plans.map((plan) => plan.upsertSchedule)),
    removeSchedules: planned.filter(({ plan }) => plan.removeSchedule).map(({ spec }) => spec.instanceId),
    retireInstances: present(plans.map((plan) => plan.retireInstance)),
    forgetSpecs: planned.filter(({ plan }) => plan.forget).map(({ spec }) => ({ namespace: spec.namespace, name: spec.name })),
    audit: plans.flatMap((plan) => plan.audit),
  };
}

function present<T>(values: readonly (T | null)[]): T[] {
  return values.filter((value) => value !== null) as T[];
}
