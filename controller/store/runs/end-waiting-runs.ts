import type { Queryable } from '../queryable.ts';

/** Which waiting runs end: those of the schedule (it was paused or suspended), or all (the connector was disabled or removed). */
export type WaitingScope = 'scheduled' | 'all';

/**
 * Ends runs that wait in `pending`, inside the transaction that stops their schedule or instance; runs in flight are left alone.
 * A waiting retry becomes `failed` with the reason of its last attempt (RT-8.5); a tick that no runtime took yet becomes `skipped`
 * (Suspended), a manual run `cancelled`. Returns the instances whose run ended.
 *
 * Call it after the statements that stop schedule and instance, so that a tick that was first is seen. Lock order: lease, run.
 * @param message why, in a sentence; secret-free.
 */
export async function endWaitingRuns(
  tx: Queryable,
  instanceIds: readonly string[],
  scope: WaitingScope,
  message: string,
): Promise<string[]> {
  if (instanceIds.length === 0) return [];
  // A statement of its own: the next one sees the run of a start that held the lock until now.
  await tx.query('select 1 from instance_leases where connector_instance_id = any ($1::uuid[]) order by connector_instance_id for update', [
    instanceIds,
  ]);
  const { rows } = await tx.query(
    `with held as (
       select connector_instance_id, run_id from instance_leases where connector_instance_id = any ($1::uuid[]) and run_id is not null
     ), ended as (
       update runs r set
         state = case when w.attempt > 1 then 'failed' when w.trigger = 'schedule' then 'skipped' else 'cancelled' end,
         reason = case when w.attempt > 1 then coalesce(a.reason, w.reason) when w.trigger = 'schedule' then 'Suspended' else 'cancelled' end,
         message = case when w.attempt > 1 then coalesce(a.message, w.message, $3) else $3 end,
         failure_class = case when w.attempt > 1 then coalesce(a.failure_class, w.failure_class) when w.trigger = 'manual' then 'permanent' end,
         due_at = null, finished_at = now()
       from held h
       join runs w on w.connector_instance_id = h.connector_instance_id and w.run_id = h.run_id
       left join run_attempts a on a.connector_instance_id = w.connector_instance_id and a.run_id = w.run_id and a.attempt = w.attempt - 1
       where r.connector_instance_id = w.connector_instance_id and r.run_id = w.run_id and r.state = 'pending'
         and ($2 = 'all' or r.trigger = 'schedule')
       returning r.connector_instance_id, r.run_id, r.attempt, r.state, r.reason, r.message, r.records_emitted
     ), freed as (
       update instance_leases l set run_id = null from ended e
        where l.connector_instance_id = e.connector_instance_id and l.run_id = e.run_id
     ), told as (
       insert into run_events (connector_instance_id, run_id, attempt, type, data)
       select connector_instance_id, run_id, attempt, 'run.failed',
              jsonb_build_object('reason', reason, 'message', message, 'stopped_because', $3::text, 'records_emitted', records_emitted,
                'checkpoint', jsonb_build_object('commit_status', 'not_committed', 'staged', 0, 'committed', 0), 'known_gaps', '[]'::jsonb)
         from ended where state <> 'skipped'
     )
     select connector_instance_id as "instanceId" from ended`,
    [instanceIds, scope, message],
  );
  return rows.map((row) => row['instanceId'] as string);
}
