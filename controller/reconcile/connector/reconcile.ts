import { isDeepStrictEqual } from 'node:util';
import type { Finding } from '../../apis/finding.ts';
import type { ObjectKey, ReconcileStore, ReconcileUnit, ReconcileWriteResult, Settlement } from '../../apis/ports.ts';
import type { CurrentCatalog } from '../catalog-cache.ts';
import { apply, type PlannedObject } from './apply.ts';
import { decide } from './decide/decide.ts';
import type { Plan } from './decide/plan.ts';
import type { Judge } from './judge.ts';
import type { DecideSettings, Observation } from './observation.ts';
import { observe } from './observe.ts';
import { type Summary, summarize } from './summarize/summarize.ts';

/** What a pass works with; composed once by main. */
export interface ReconcileDeps {
  readonly store: ReconcileStore;
  readonly catalog: CurrentCatalog;
  readonly judge: Judge;
  readonly settings: DecideSettings;
}

/** How one batch went. */
export interface BatchReport {
  readonly objects: number;
  /** Objects of which something was written besides the queue's own columns. */
  readonly changed: number;
  /** Plans with something to do outside the transaction. */
  readonly effects: readonly PlannedObject[];
}

type Which = { limit: number } | { keys: readonly ObjectKey[] };

/**
 * One pass over a batch of due objects, all of it in one transaction: whatever kills it leaves nothing behind, and the objects stay due.
 * Never asks what made an object due. `claimed` is told the keys before anything is decided, so that a failing batch can be halved.
 */
export function reconcileBatch(deps: ReconcileDeps, which: Which, claimed: (keys: readonly ObjectKey[]) => void): Promise<BatchReport> {
  return deps.store.transaction(async (unit) => {
    const { specs, now } = await unit.claim(which);
    claimed(specs.map(({ namespace, name }) => ({ namespace, name })));
    if (specs.length === 0) return { objects: 0, changed: 0, effects: [] };
    const observations = await observe(unit, specs, { judge: deps.judge, catalog: await deps.catalog() });
    const summarized = observations.map((observation) => {
      const plan = decide(observation, now, deps.settings);
      return { observation, spec: observation.spec, plan, summary: summarize(observation, plan, now) };
    });
    await settle(unit, summarized, await apply(unit, summarized));
    return {
      objects: specs.length,
      changed: summarized.filter(({ plan, summary }) => plan.changes.length > 0 || summary.changed).length,
      effects: summarized.filter(({ plan }) => plan.startRun || plan.cancelRun !== null),
    };
  });
}

type Summarized = PlannedObject & { observation: Observation };

async function settle(unit: ReconcileUnit, summarized: readonly Summarized[], applied: ReconcileWriteResult): Promise<void> {
  await unit.writePhases(summarized.flatMap(({ summary }) => (summary.phaseWrite === null ? [] : [summary.phaseWrite])));
  const kept = summarized.filter(({ observation, plan }) => !plan.forget || applied.retirementsHeld.has(observation.spec.instanceId));
  await unit.settle(kept.map((one) => settlementOf(one, applied)));
}

function settlementOf({ observation, plan, summary }: Summarized, applied: ReconcileWriteResult): Settlement {
  const { spec, judgement } = observation;
  // A row that moved between the look and the write is looked at again at once.
  const moved = applied.schedulesMoved.has(spec.instanceId) || applied.retirementsHeld.has(spec.instanceId);
  return {
    namespace: spec.namespace,
    name: spec.name,
    spec: tellsSomething(observation, plan, summary)
      ? {
          status: summary.status,
          observedGeneration: spec.generation,
          acceptedRevision: plan.inForce?.revision ?? null,
          findings: judgement.findings,
          handledRequests: plan.handledRequests,
        }
      : null,
    requeueMs: moved ? 0 : plan.requeueMs,
    attempts: 0,
  };
}

/** Status, findings, observed generation and requests are written only when they changed, so that rest is silent. */
export function tellsSomething({ spec, judgement }: Observation, plan: Plan, summary: Summary): boolean {
  return (
    summary.changed ||
    spec.observedGeneration !== spec.generation ||
    spec.acceptedRevision !== (plan.inForce?.revision ?? null) ||
    plan.handledRequests !== spec.handledRequests ||
    !sameFindings(judgement.findings, spec.findings)
  );
}

/** Stored findings have been through JSON, which leaves out what is undefined. */
function sameFindings(judged: readonly Finding[], stored: readonly Finding[]): boolean {
  return judged === stored || isDeepStrictEqual(JSON.parse(JSON.stringify(judged)), stored);
}
