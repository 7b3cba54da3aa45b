import type { EffectiveConnectorSpec } from '../../../../schemas/connector-defaults.ts';
import type { WantedCondition } from '../../../apis/status/condition-set.ts';
import type { Hold } from '../decide/plan.ts';
import { effectiveSpec } from '../effective-spec.ts';
import type { Told } from './told.ts';

/** Reason and message of a schedule that starts nothing because the whole connector is held. */
const HELD: Partial<Record<Hold, readonly [reason: string, message: string]>> = {
  removing: ['Removing', 'the connector is being removed'],
  observing: ['Observing', 'spec.mode is Observe'],
  revoked: ['Revoked', 'the owner revoked the connection'],
};

/** Why the schedule itself starts nothing, the first that holds. */
const RULES: readonly ((told: Told, spec: EffectiveConnectorSpec) => WantedCondition | undefined)[] = [
  (_, { schedule }) => (schedule === undefined ? scheduled('True', 'OnRequest', 'runs start when asked') : undefined),
  (_, { enabled }) => (enabled ? undefined : scheduled('False', 'Disabled', 'spec.enabled is false')),
  (_, { schedule }) => (schedule?.suspend === true ? scheduled('False', 'Suspended', 'spec.schedule.suspend is true') : undefined),
  (told) => (isPaused(told) ? scheduled('False', 'Paused', 'the owner paused it') : undefined),
  (told) => (isPlanned(told) ? undefined : scheduled('False', 'NeverFires', 'the schedule names no moment to come')),
];

/** ScheduleReady: whether something is planned, and if not, whether that is intended. */
export function scheduleReady(told: Told): WantedCondition | undefined {
  const { inForce, hold } = told.plan;
  if (inForce === null) return undefined;
  const held = hold === null ? undefined : HELD[hold];
  if (held !== undefined) return scheduled('False', ...held);
  const spec = effectiveSpec(inForce.spec);
  const off = RULES.map((rule) => rule(told, spec)).find((condition) => condition !== undefined);
  return off ?? scheduled('True', 'Scheduled', 'the next start is planned');
}

/** Either the schedule alone or, by its lifecycle status, the whole connection. */
function isPaused({ observation: { schedule, instance } }: Told): boolean {
  return (schedule !== null && schedule.pausedAt !== null) || instance?.status === 'paused';
}

/** As it stands once the plan is carried out. */
function isPlanned({ observation: { schedule }, plan: { upsertSchedule } }: Told): boolean {
  const row = upsertSchedule ?? schedule;
  return row !== null && row.dueAt !== null;
}

function scheduled(status: WantedCondition['status'], reason: string, message: string): WantedCondition {
  return { type: 'ScheduleReady', status, reason, message };
}
