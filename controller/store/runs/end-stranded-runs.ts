import type { Database } from '../queryable.ts';
import { endWaitingRuns } from './end-waiting-runs.ts';

/** Instances looked at in one sweep. */
const SWEEP = 500;

/**
 * Ends waiting runs that nothing will ever claim, because their connector or schedule was stopped without them: the sweep behind
 * `endWaitingRuns`, should whoever stopped it have died in between. Returns the instances whose run ended.
 */
export async function endStrandedRuns(db: Database): Promise<string[]> {
  const { rows } = await db.query(strandedStatement, [SWEEP]);
  const of = (stopped: boolean): string[] => rows.filter((row) => row['stopped'] === stopped).map((row) => row['instanceId'] as string);
  return db.transaction(async (tx) => [
    ...(await endWaitingRuns(tx, of(true), 'all', 'The connector was disabled or removed.')),
    ...(await endWaitingRuns(tx, of(false), 'scheduled', 'The schedule was paused, suspended or removed.')),
  ]);
}

const strandedStatement = `
  select r.connector_instance_id as "instanceId", not i.enabled or i.deleted_at is not null or i.status = 'revoked' as stopped
    from runs r
    join connector_instances i on i.connector_instance_id = r.connector_instance_id
    left join schedules s on s.connector_instance_id = r.connector_instance_id
   where r.due_at is not null and r.state = 'pending'
     and (not i.enabled or i.deleted_at is not null or i.status = 'revoked'
          or (r.trigger = 'schedule' and (s.connector_instance_id is null or s.suspended or s.paused_at is not null or i.status <> 'active')))
   limit $1`;
