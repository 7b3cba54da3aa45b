import { sqlStateOf } from '../../../platform/postgres/sql-state.ts';
import { Fault } from '../../../platform/errors.ts';
import type { ObjectKey, ReconcileStore, ReconcileUnit } from '../../apis/ports.ts';
import type { InstanceRow, SpecRow } from '../../apis/rows.ts';
import { setConditions, type WantedCondition } from '../../apis/status/condition-set.ts';
import type { ConditionType } from '../../apis/status/conditions.ts';
import { phaseTransitions } from '../../apis/status/phases.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/** Pause before an object that failed this many passes in a row is tried again. */
export function pauseAfterMs(attempts: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 20));
}

/**
 * Puts one object that fails its pass aside: told in its status, tried again after a growing pause, in the way of nobody else.
 * The instance becomes `error` where its row can still be written.
 */
export async function settleFailure(store: ReconcileStore, key: ObjectKey, error: unknown): Promise<void> {
  const message = describeFailure(error);
  try {
    await store.transaction((unit) => settleIn(unit, key, { message, withInstance: true }));
  } catch {
    // The instance's own row may be what cannot be written; the object's status still can.
    await store.transaction((unit) => settleIn(unit, key, { message, withInstance: false }));
  }
}

/** Reason and text without values: a database's own message may quote a row. */
function describeFailure(error: unknown): string {
  if (error instanceof Fault) return `${error.reason}: ${error.message}`;
  const state = sqlStateOf(error);
  return state === undefined
    ? 'the pass failed; the log of the controller has the cause'
    : `PostgreSQL refused what the pass wrote: ${state}`;
}

async function settleIn(unit: ReconcileUnit, key: ObjectKey, how: { message: string; withInstance: boolean }): Promise<void> {
  const { specs, now } = await unit.claim({ keys: [key] });
  const spec = specs[0];
  if (spec === undefined) return;
  const instance = (await unit.observe(specs)).get(spec.uid)?.instance ?? null;
  if (how.withInstance && instance !== null) await markInstance(unit, instance, how.message, now);
  const attempts = spec.attempts + 1;
  await unit.settle([
    {
      ...key,
      spec: {
        status: {
          ...spec.status,
          phase: 'error',
          conditions: [
            ...setConditions(spec.status.conditions ?? [], failing(spec, how.message), {
              observedGeneration: spec.observedGeneration,
              now,
            }),
          ],
        },
        observedGeneration: spec.observedGeneration,
        acceptedRevision: spec.acceptedRevision,
        findings: spec.findings,
        handledRequests: spec.handledRequests,
      },
      requeueMs: pauseAfterMs(attempts),
      attempts,
    },
  ]);
}

function failing(spec: SpecRow, message: string): WantedCondition[] {
  const kept = (spec.status.conditions ?? []).filter(({ type }) => type !== 'Ready' && type !== 'Stalled' && type !== 'Reconciling');
  return [
    { type: 'Ready', status: 'False', reason: 'ReconcileFailed', message },
    { type: 'Reconciling', status: 'True', reason: 'ReconcileFailed', message: `tried again after a pause: ${message}` },
    ...kept.map(({ type, status, reason, message: told }) => ({ type: type as ConditionType, status, reason, message: told })),
  ];
}

async function markInstance(unit: ReconcileUnit, instance: InstanceRow, message: string, now: Date): Promise<void> {
  const { instanceId, phase, lastSuccessAt, healthCheckedAt } = instance;
  if (phase !== 'error' && !phaseTransitions[phase].includes('error')) return;
  const lastError = { run_id: null, reason: 'ReconcileFailed', failure_class: 'permanent' as const, message, at: now.toISOString() };
  await unit.writePhases([
    { instanceId, fromPhase: phase, phase: 'error', phaseReason: 'ReconcileFailed', lastSuccessAt, healthCheckedAt, lastError },
  ]);
}
