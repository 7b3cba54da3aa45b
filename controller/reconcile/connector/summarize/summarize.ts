import { isDeepStrictEqual } from 'node:util';
import type { ConnectorStatus } from '../../../../schemas/status.ts';
import type { PhaseWrite } from '../../../apis/ports.ts';
import type { InstanceRow } from '../../../apis/rows.ts';
import { setConditions } from '../../../apis/status/condition-set.ts';
import { assertPhaseStep, type Phase } from '../../../apis/status/phases.ts';
import type { Plan } from '../decide/plan.ts';
import type { Observation } from '../observation.ts';
import { evidenceOf, factsOf, sameFacts } from './evidence.ts';
import { type PhaseSummary, phaseOf } from './phase.ts';
import { kstatusConditions } from './ready.ts';
import type { Told } from './told.ts';
import { CONDITION_RULES } from './wanted-conditions.ts';

/** What a pass leaves behind for readers. */
export interface Summary {
  /** The stored status itself when nothing changed. */
  readonly status: ConnectorStatus;
  readonly changed: boolean;
  /** The phase that the instance is in once the plan is carried out. */
  readonly phase: { readonly phase: Phase; readonly phaseReason: string | null };
  /** Null: phase and facts of the instance that is there stay. */
  readonly phaseWrite: PhaseWrite | null;
}

/**
 * Conditions, phase and status of one object as they are once its plan is carried out. Pure. Throws `IllegalTransition` when the evidence calls
 * for a phase that the table does not allow, which a hand-edited row can bring about.
 */
export function summarize(observation: Observation, plan: Plan, now: Date): Summary {
  const { spec } = observation;
  const told: Told = { observation, plan, evidence: evidenceOf(observation.lastRun) };
  const others = CONDITION_RULES.map((rule) => rule(told)).filter((condition) => condition !== undefined);
  const wanted = [...kstatusConditions(told, others), ...others];
  const seen = phaseOf(told);
  // A pass that must not write leaves the instance's phase alone, and tells the one that is stored.
  const frozen = plan.hold === 'paused' || plan.hold === 'observing' || plan.hold === 'removing';
  const phase = frozen && observation.instance !== null ? observation.instance.phase : seen.phase;
  const status: ConnectorStatus = {
    conditions: [...setConditions(spec.status.conditions ?? [], wanted, { observedGeneration: spec.generation, now })],
    phase,
    instanceId: spec.instanceId,
    observedGeneration: spec.generation,
    ...(plan.inForce === null ? {} : { revision: plan.inForce.revision }),
    ...lastRunOf(told),
    ...requestsOf(plan),
  };
  const changed = !isDeepStrictEqual(status, spec.status);
  return {
    status: changed ? status : spec.status,
    changed,
    phase: { phase: seen.phase, phaseReason: seen.reason },
    phaseWrite: frozen ? null : phaseWrite(observation, plan, seen),
  };
}

/** The last finished run stands in the stored status too, so that watchers hear of each; readers get the newest one live. */
function lastRunOf({ evidence: { run } }: Told): Pick<ConnectorStatus, 'lastRun'> {
  if (run === null) return {};
  const optional = { reason: run.reason, message: run.message, finishedAt: run.finishedAt?.toISOString() ?? null };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null));
  return { lastRun: { id: run.runId, state: run.state, ...given, records: run.recordsEmitted } };
}

function requestsOf({ handledRequests }: Plan): Pick<ConnectorStatus, 'lastHandledRequests'> {
  const entries = Object.entries(handledRequests);
  if (entries.length === 0) return {};
  return { lastHandledRequests: Object.fromEntries(entries.map(([kind, { token, result }]) => [kind, `${token}: ${result}`])) };
}

function phaseWrite(observation: Observation, plan: Plan, seen: PhaseSummary): PhaseWrite | null {
  const { instance } = observation;
  // A forgotten instance goes its own way, but for one that is switched off with its document.
  const leaves = plan.forget && plan.updateInstance === null;
  if (plan.retireInstance !== null || leaves || plan.inForce === null) return null;
  if (instance === null) return null;
  const from = phaseAfter(instance, plan);
  const facts = factsOf(instance, observation);
  const same = from === seen.phase && instance.phaseReason === seen.reason && sameFacts(instance, facts);
  if (same) return null;
  if (from !== seen.phase) assertPhaseStep(from, seen.phase);
  return { instanceId: observation.spec.instanceId, fromPhase: from, phase: seen.phase, phaseReason: seen.reason, ...facts };
}

/** The phase that the row has once the plan is applied. */
function phaseAfter(instance: InstanceRow, plan: Plan): Phase {
  return plan.updateInstance?.toProvisioning === true ? 'provisioning' : instance.phase;
}
