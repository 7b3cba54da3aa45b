import type { ScheduleWrite } from '../../apis/ports.ts';
import type { Queryable } from '../queryable.ts';

/** Writes spec-owned fields of schedules and wakes the tickers. One that ticked since it was read is left alone; its instance is returned. */
export async function upsertSchedules(db: Queryable, schedules: readonly ScheduleWrite[]): Promise<ReadonlySet<string>> {
  if (schedules.length === 0) return new Set();
  const { rows } = await db.query(
    `insert into schedules as sc (connector_instance_id, schedule, suspended, anchor_at, last_tick_at, next_run_at, due_at)
     select x."instanceId", x."schedule", x."suspended", x."anchorAt", x."seenLastTickAt", x."nextRunAt", x."dueAt"
     from jsonb_to_recordset($1::jsonb) as x("instanceId" uuid, "schedule" jsonb, "suspended" boolean, "anchorAt" timestamptz,
       "nextRunAt" timestamptz, "dueAt" timestamptz, "seenLastTickAt" timestamptz)
     on conflict (connector_instance_id) do update set schedule = excluded.schedule, suspended = excluded.suspended,
       anchor_at = excluded.anchor_at, next_run_at = excluded.next_run_at,
       due_at = case when sc.paused_at is null then excluded.due_at end
       where date_trunc('milliseconds', sc.last_tick_at) is not distinct from date_trunc('milliseconds', excluded.last_tick_at)
     returning sc.connector_instance_id`,
    [JSON.stringify(schedules)],
  );
  const written = new Set(rows.map((row) => row['connector_instance_id'] as string));
  if (schedules.some((schedule) => schedule.dueAt !== null)) await db.query(`select pg_notify('schedules_changed', '')`);
  return new Set(schedules.map((schedule) => schedule.instanceId).filter((id) => !written.has(id)));
}

/** Removes schedules; ticks that are under way finish first. */
export async function removeSchedules(db: Queryable, instanceIds: readonly string[]): Promise<void> {
  if (instanceIds.length === 0) return;
  await db.query(`delete from schedules where connector_instance_id = any($1::uuid[])`, [instanceIds]);
}
