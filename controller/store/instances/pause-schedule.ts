import type { Queryable } from '../queryable.ts';

/**
 * Pauses the schedule of an instance as its owner; what the spec says stays as it is. Without a schedule there is nothing to pause.
 * True when something changed.
 */
export async function pauseSchedule(tx: Queryable, instanceId: string, by: Record<string, unknown>): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update schedules set paused_at = now(), paused_by = $2, due_at = null where connector_instance_id = $1 and paused_at is null`,
    [instanceId, JSON.stringify(by)],
  );
  return rowCount === 1;
}

/** Lifts the owner's pause. The next pass plans the next start. True when something changed. */
export async function resumeSchedule(tx: Queryable, instanceId: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update schedules set paused_at = null, paused_by = null where connector_instance_id = $1 and paused_at is not null`,
    [instanceId],
  );
  return rowCount === 1;
}
