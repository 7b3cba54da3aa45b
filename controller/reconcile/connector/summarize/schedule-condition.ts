import type { EffectiveConnectorSpec } from '../../../../schemas/connector-defaults.ts';
import type { WantedCondition } from '../../../apis/status/condition-set.ts';
import type { Hold } from '../decide/plan.ts';
import { effectiveSpec } from '../effective-spec.ts';
import type { Told } from './told.ts';

const REVOKED = ['Revoked', 'the owner revoked the connection'] as const;

/** Reason and message of a schedule that starts nothing because the whole connector is held. */
const HELD: Partial<Record<Hold, readonly [reason: string, message: string]>> = {
  removing: ['Removing', 'the connector is being removed'],
  revoked: REVOKED,
};

/** Why the schedule itself starts nothing, the first that holds. */
const RULES: readonly ((told: Told, spec: EffectiveConnectorSpec) => WantedCondition | undefined)[] = [
  (_, { schedule }) => (schedule === undefined ? scheduled('True', 'OnRequest', 'runs start when asked') : undefined),
  (_, { enabled }) => (enabled ? undefined : scheduled('False', 'Disabled', 'spec.enabled is false')),
  (_, { schedule }) => (schedule?.suspend === true ? scheduled('False', 'Suspended', 'spec.schedule.suspend is true') : undefined),
  (told) => (isPaused(told) ? scheduled('False', 'Paused', 'the owner paused it') : undefined),
  (told) => (isPlanned(told) ? undefined : scheduled('False', 'NeverFires', 'the schedule names no moment to come')),
];

/** Under Observe the document changes nothing, so what is installed decides: the first that holds. */
const INSTALLED: readonly ((told: Told) => WantedCondition | undefined)[] = [
  ({ observation: { instance } }) =>
    instance === null || instance.deletedAt !== null
      ? scheduled('False', 'Observing', 'spec.mode is Observe: nothing is installed')
      : undefined,
  ({ observation: { instance } }) => (instance?.status === 'revoked' ? scheduled('False', ...REVOKED) : undefined),
  ({ observation: { instance } }) => (instance?.enabled ? undefined : scheduled('False', 'Disabled', 'it is installed as disabled')),
  ({ observation: { schedule } }) => (schedule === null ? scheduled('True', 'OnRequest', 'no schedule is installed') : undefined),
  ({ observation: { schedule } }) =>
    schedule?.suspended ? scheduled('False', 'Suspended', 'its schedule is installed as suspended') : undefined,
  (told) => (isPaused(told) ? scheduled('False', 'Paused', 'the owner paused it') : undefined),
  (told) => (isPlanned(told) ? undefined : scheduled('False', 'Observing', 'spec.mode is Observe: no next start is installed')),
  () => scheduled('True', 'Scheduled', 'the next start is planned: what is installed goes on while spec.mode is Observe'),
];

/** ScheduleReady: whether something is planned, and if not, whether that is intended. */
export function scheduleReady(told: Told): WantedCondition | undefined {
  const { inForce, hold } = told.plan;
  if (inForce === null) return undefined;
  const held = hold === null ? undefined : HELD[hold];
  if (held !== undefined) return scheduled('False', ...held);
  if (hold === 'observing') return INSTALLED.map((rule) => rule(told)).find((condition) => condition !== undefined);
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
