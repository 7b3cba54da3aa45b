import type { ObservedRows } from '../../apis/ports.ts';
import type { SpecRow } from '../../apis/rows.ts';
import type { Queryable } from '../queryable.ts';
import { readRevisionsInForce } from '../specs/revisions.ts';
import { decodeInstance, decodeRun, decodeSchedule, INSTANCE_COLUMNS, runJson } from './instance-codec.ts';

/** Of the newest runs, how many are searched for a success; older ones were seen by earlier passes, and facts only move forward. */
const RUNS_SEARCHED = 50;

const OBSERVE = `
  select ${INSTANCE_COLUMNS}, sc.schedule, sc.suspended, sc.paused_at, sc.anchor_at, sc.last_tick_at, sc.next_run_at, sc.due_at,
    active.run as active_run, last.run as last_run, success.finished_at as success_at
  from connector_instances i
  left join schedules sc on sc.connector_instance_id = i.connector_instance_id
  left join instance_leases l on l.connector_instance_id = i.connector_instance_id
  left join lateral (
    select ${runJson('r')} as run from runs r
    where r.connector_instance_id = l.connector_instance_id and r.run_id = l.run_id limit 1
  ) active on true
  left join lateral (
    select ${runJson('r')} as run from runs r
    where r.connector_instance_id = i.connector_instance_id and r.state in ('succeeded', 'failed', 'cancelled', 'abandoned')
    order by r.run_id desc limit 1
  ) last on true
  left join lateral (
    select newest.finished_at from (
      select r.state, r.finished_at from runs r where r.connector_instance_id = i.connector_instance_id order by r.run_id desc limit ${RUNS_SEARCHED}
    ) newest where newest.state = 'succeeded' limit 1
  ) success on true
  where i.connector_instance_id = any($1::uuid[])`;

/** All rows that a pass looks at, by uid of the object: two queries, whatever the number of objects. */
export async function observeRows(db: Queryable, specs: readonly SpecRow[]): Promise<Map<string, ObservedRows>> {
  const inForce = await readRevisionsInForce(db, specs);
  const { rows } = await db.query(OBSERVE, [specs.map((spec) => spec.instanceId)]);
  const byInstance = new Map(rows.map((row) => [row['connector_instance_id'] as string, row]));
  return new Map(specs.map((spec) => [spec.uid, { inForce: inForce.get(spec.uid) ?? null, ...observed(byInstance.get(spec.instanceId)) }]));
}

function observed(row: Record<string, unknown> | undefined): Omit<ObservedRows, 'inForce'> {
  if (row === undefined) return { instance: null, schedule: null, activeRun: null, lastRun: null, lastSuccessAt: null };
  return {
    instance: decodeInstance(row),
    schedule: decodeSchedule(row),
    activeRun: decodeRun(row['active_run']),
    lastRun: decodeRun(row['last_run']),
    lastSuccessAt: row['success_at'] as Date | null,
  };
}
