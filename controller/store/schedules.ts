import type { DueSchedule, ScheduleTicks, TickPlan, TickReport } from '../apis/schedule-ticks.ts';
import { lockFreeLeases } from './leases.ts';
import type { Database, Queryable } from './queryable.ts';
import { makeInstancesDue } from './runs/make-instances-due.ts';

/** Schedules in PostgreSQL. */
export function createScheduleTicks(db: Database): ScheduleTicks {
  return {
    async tick(limit, plan) {
      const { report, changed } = await db.transaction((tx) => tickOnce(tx, limit, plan));
      // After the commit: a reconcile pass locks specs before schedules, so waiting for a spec inside would invite a deadlock.
      await makeInstancesDue(db, changed);
      return report;
    },
    async msUntilDue() {
      const { rows } = await db.query(
        'select extract(epoch from min(due_at) - clock_timestamp()) * 1000 as ms from schedules where due_at is not null',
      );
      const ms = rows[0]?.['ms'];
      return ms === null || ms === undefined ? null : Math.max(0, Math.ceil(Number(ms)));
    },
    async recallFutureTicks() {
      const { rowCount } = await db.query(
        `update schedules set due_at = now() where due_at > now() and last_tick_at > now() + interval '5 minutes'`,
      );
      return rowCount ?? 0;
    },
  };
}

async function tickOnce(
  tx: Queryable,
  limit: number,
  plan: (due: DueSchedule) => TickPlan,
): Promise<{ report: TickReport; changed: string[] }> {
  const claimed = await claimDue(tx, limit);
  if (claimed.length === 0) return { report: { claimed: 0, started: 0, skipped: 0, passedOver: 0 }, changed: [] };
  const free = await lockFreeLeases(
    tx,
    claimed.map((row) => row.instanceId),
  );
  const plans = claimed.map(({ mayRun, ...row }) =>
    plan({ ...row, instance: mayRun ? (free.has(row.instanceId) ? 'free' : 'active') : 'stopped' }),
  );
  const started = await insertRuns(tx, plans);
  const skipped = await insertSkips(tx, plans);
  await advance(tx, plans);
  if (started > 0) await tx.query(`select pg_notify('runs_due', '')`);
  return {
    report: { claimed: claimed.length, started, skipped, passedOver: claimed.length - started - skipped },
    changed: claimed.map((row) => row.instanceId),
  };
}

/** Locks due schedules; `skip locked` shares them out among processes. Lock: the schedules rows, until the commit. */
async function claimDue(tx: Queryable, limit: number): Promise<(Omit<DueSchedule, 'instance'> & { mayRun: boolean })[]> {
  const { rows } = await tx.query(
    `select s.connector_instance_id as "instanceId", s.schedule, s.anchor_at as "anchorAt", s.last_tick_at as "lastTickAt",
            s.due_at as "dueAt", now() as now,
            i.enabled and i.status = 'active' and i.deleted_at is null and not s.suspended and s.paused_at is null as "mayRun"
       from schedules s join connector_instances i using (connector_instance_id)
      where s.due_at <= now()
      order by s.due_at limit $1
        for update of s skip locked`,
    [limit],
  );
  return rows as unknown as (Omit<DueSchedule, 'instance'> & { mayRun: boolean })[];
}

async function insertRuns(tx: Queryable, plans: readonly TickPlan[]): Promise<number> {
  const runs = plans.flatMap(({ decision, ...ids }) =>
    decision.action === 'run' ? [{ ...ids, scheduledFor: decision.scheduledFor }] : [],
  );
  if (runs.length === 0) return 0;
  const { rowCount } = await tx.query(
    `with wanted as (
       select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) as w (instance_id, run_id, trace_id, scheduled_for)
     ), taken as (
       update instance_leases l set epoch = l.epoch + 1, run_id = w.run_id
         from wanted w where l.connector_instance_id = w.instance_id and l.run_id is null
       returning l.epoch, w.*
     )
     insert into runs (connector_instance_id, run_id, namespace, connector_name, connector_key, connector_type_version, revision,
                       trigger, runner, state, epoch, trace_id, scheduled_for, due_at)
     select i.connector_instance_id, t.run_id, i.namespace, i.name, i.connector_key, i.connector_type_version, i.revision,
            'schedule', coalesce(i.execution ->> 'runner', 'subprocess'), 'pending', t.epoch, t.trace_id, t.scheduled_for, now()
       from taken t join connector_instances i on i.connector_instance_id = t.instance_id`,
    [runs.map((r) => r.instanceId), runs.map((r) => r.runId), runs.map((r) => r.traceId), runs.map((r) => r.scheduledFor)],
  );
  return rowCount ?? 0;
}

/** A skipped tick is a row without a lease: it was over before it began. */
async function insertSkips(tx: Queryable, plans: readonly TickPlan[]): Promise<number> {
  const skips = plans.flatMap(({ decision, ...ids }) => (decision.action === 'skip' ? [{ ...ids, ...decision }] : []));
  if (skips.length === 0) return 0;
  const { rowCount } = await tx.query(
    `insert into runs (connector_instance_id, run_id, namespace, connector_name, connector_key, connector_type_version, revision,
                       trigger, runner, state, reason, message, epoch, trace_id, scheduled_for, finished_at)
     select i.connector_instance_id, w.run_id, i.namespace, i.name, i.connector_key, i.connector_type_version, i.revision,
            'schedule', coalesce(i.execution ->> 'runner', 'subprocess'), 'skipped', w.reason, w.message, l.epoch, w.trace_id,
            w.scheduled_for, now()
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
            as w (instance_id, run_id, trace_id, scheduled_for, reason, message)
       join connector_instances i on i.connector_instance_id = w.instance_id
       join instance_leases l on l.connector_instance_id = w.instance_id`,
    [
      skips.map((s) => s.instanceId),
      skips.map((s) => s.runId),
      skips.map((s) => s.traceId),
      skips.map((s) => s.scheduledFor),
      skips.map((s) => s.reason),
      skips.map((s) => s.message),
    ],
  );
  return rowCount ?? 0;
}

async function advance(tx: Queryable, plans: readonly TickPlan[]): Promise<void> {
  await tx.query(
    `update schedules s set last_tick_at = coalesce(w.last_tick_at, s.last_tick_at), next_run_at = w.next_run_at, due_at = w.next_run_at
       from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as w (instance_id, last_tick_at, next_run_at)
      where s.connector_instance_id = w.instance_id`,
    [plans.map((p) => p.instanceId), plans.map((p) => p.decision.lastTickAt), plans.map((p) => p.decision.nextRunAt)],
  );
}
