import type { Plan } from '../decide/plan.ts';
import type { Observation } from '../observation.ts';
import type { Evidence } from './evidence.ts';

/** What conditions and phase are computed from. */
export interface Told {
  readonly observation: Observation;
  readonly plan: Plan;
  readonly evidence: Evidence;
}
