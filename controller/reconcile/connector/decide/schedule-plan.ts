import { isDeepStrictEqual } from 'node:util';
import type { EffectiveSchedule } from '../../../../schemas/connector-defaults.ts';
import type { ObjectChange } from '../../../apis/intake.ts';
import type { ScheduleWrite } from '../../../apis/ports.ts';
import type { FieldChange, RevisionRow, ScheduleRow } from '../../../apis/rows.ts';
import type { DecideSettings } from '../observation.ts';
import { effectiveSpec } from '../effective-spec.ts';

/** What to do about the schedule row of one instance. */
export interface SchedulePlan {
  readonly upsert: ScheduleWrite | null;
  readonly remove: boolean;
  readonly change: ObjectChange | null;
}

interface PlanningContext {
  readonly now: Date;
  readonly off: boolean;
  readonly idle: boolean;
  readonly settings: DecideSettings;
}

const NOTHING: SchedulePlan = { upsert: null, remove: false, change: null };

/**
 * The schedule that a revision asks for. `off`: nothing may start, whatever the spec says (disabled, revoked). `idle`: the owner's status
 * of the instance lets nothing start for now, so no moment is planned, as the ticker leaves it.
 */
export function planSchedule(instanceId: string, revision: RevisionRow, row: ScheduleRow | null, context: PlanningContext): SchedulePlan {
  const schedule = effectiveSpec(revision.spec).schedule;
  if (schedule === undefined) return row === null ? NOTHING : removal(row);
  const write = wanted(instanceId, schedule, row, context);
  const fields = row === null ? created(write) : differences(row, write);
  if (fields.length === 0) return NOTHING;
  return { upsert: write, remove: false, change: { object: 'schedule', action: row === null ? 'create' : 'update', fields } };
}

/** Removes the row, when there is one. */
export function removal(row: ScheduleRow | null): SchedulePlan {
  if (row === null) return NOTHING;
  const fields = [
    { path: 'schedule', before: row.schedule },
    { path: 'suspended', before: row.suspended },
    { path: 'planned', before: row.dueAt !== null },
  ];
  return { upsert: null, remove: true, change: { object: 'schedule', action: 'delete', fields } };
}

function wanted(
  instanceId: string,
  schedule: EffectiveSchedule,
  row: ScheduleRow | null,
  { now, off, idle, settings }: PlanningContext,
): ScheduleWrite {
  const suspended = off || schedule.suspend;
  const { anchorAt, lastTickAt, pausedAt } = row ?? { anchorAt: now, lastTickAt: null, pausedAt: null };
  const write = { instanceId, schedule, suspended, anchorAt, seenLastTickAt: lastTickAt };
  if (suspended || idle || pausedAt !== null) return { ...write, nextRunAt: null, dueAt: null };
  // A schedule that goes on keeps the moment that its ticker planned.
  if (row !== null && goesOn(row, schedule)) return { ...write, nextRunAt: row.nextRunAt, dueAt: row.dueAt };
  const nextRunAt = settings.nextDue({ schedule, instanceId, anchorAt, lastTickAt, now });
  return { ...write, nextRunAt, dueAt: nextRunAt };
}

function goesOn(row: ScheduleRow, schedule: EffectiveSchedule): boolean {
  return row.dueAt !== null && isDeepStrictEqual(row.schedule, schedule);
}

/** Moments are the ticker's; what counts here is only whether one is planned, so that a plan is the same at any time of day. */
function differences(row: ScheduleRow, write: ScheduleWrite): FieldChange[] {
  const fields: FieldChange[] = [];
  if (!isDeepStrictEqual(row.schedule, write.schedule)) fields.push({ path: 'schedule', before: row.schedule, after: write.schedule });
  if (row.suspended !== write.suspended) fields.push({ path: 'suspended', before: row.suspended, after: write.suspended });
  const [before, after] = [row.dueAt !== null, write.dueAt !== null];
  if (before !== after) fields.push({ path: 'planned', before, after });
  return fields;
}

function created(write: ScheduleWrite): FieldChange[] {
  return [
    { path: 'schedule', after: write.schedule },
    { path: 'suspended', after: write.suspended },
    { path: 'planned', after: write.dueAt !== null },
  ];
}
