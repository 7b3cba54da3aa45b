import type { LostRun, LostRuns, LostRunVerdict, RunRef } from '../../apis/runs.ts';
import type { Database, Queryable } from '../queryable.ts';
import { endStrandedRuns } from './end-stranded-runs.ts';
import { makeInstancesDue } from './make-instances-due.ts';
import { inFlight } from './run-columns.ts';

type Settled = RunRef & { verdict: LostRunVerdict };

/** Deciding what was fenced, and what nobody claimed. */
export function createSettlements(db: Database): Pick<LostRuns, 'settle' | 'expirePending'> {
  return {
    async settle(limit, decide) {
      const settled = await db.transaction(async (tx) => {
        const lost = await claimFenced(tx, limit);
        const decided = lost.map((run) => ({ run, verdict: decide(run) }));
        if (decided.length > 0) await writeVerdicts(tx, decided);
        return decided.map(({ run, verdict }): Settled => ({ instanceId: run.instanceId, runId: run.runId, verdict }));
      });
      await makeInstancesDue(
        db,
        settled.map((run) => run.instanceId),
      );
      return settled;
    },
    async expirePending(manualMs) {
      const { rows } = await db.query(expireStatement, [manualMs]);
      const ended = [...rows.map((row) => row['instanceId'] as string), ...(await endStrandedRuns(db))];
      await makeInstancesDue(db, ended);
      return ended.length;
    },
  };
}

/** Locks the leases of fenced runs whose hold is over; another controller's are skipped. */
async function claimFenced(tx: Queryable, limit: number): Promise<LostRun[]> {
  const { rows } = await tx.query(
    `select r.connector_instance_id as "instanceId", r.run_id as "runId", r.attempt, r.epoch, r.trigger, r.reason, r.message,
            r.cancel_requested_at is not null as "cancelRequested",
            i.enabled and i.status = 'active' and i.deleted_at is null
              and s.connector_instance_id is not null and not s.suspended and s.paused_at is null as "mayRetry",
            t.document -> 'retryPolicy' as "retryPolicy"
       from runs r
       join instance_leases l on l.connector_instance_id = r.connector_instance_id and l.run_id = r.run_id and l.epoch = r.epoch
       join connector_instances i on i.connector_instance_id = r.connector_instance_id
       join connector_types t on t.connector_key = r.connector_key and t.version = r.connector_type_version
       left join schedules s on s.connector_instance_id = r.connector_instance_id
      where r.state in ${inFlight} and r.process_id is null and r.start_deadline_at <= now()
      limit $1
        for update of l skip locked`,
    [limit],
  );
  return rows as unknown as LostRun[];
}

/**
 * Row, terminal event and lease in one statement. A retry keeps the lease and the epoch that fenced the lost attempt. What the run had
 * staged and committed is counted from its own events.
 */
async function writeVerdicts(tx: Queryable, decided: readonly { run: LostRun; verdict: LostRunVerdict }[]): Promise<void> {
  const rows = decided.map(({ run, verdict }) => ({
    instance_id: run.instanceId,
    run_id: run.runId,
    epoch: run.epoch,
    attempt: run.attempt,
    state: verdict.state,
    reason: verdict.reason,
    message: verdict.message,
    failure_class: verdict.failureClass,
    delay_ms: verdict.delayMs,
    dead_letter: verdict.deadLetter,
  }));
  await tx.query(verdictStatement, [JSON.stringify(rows)]);
}

const verdictStatement = `
  with decided as (
    select d.*, d.state = 'pending' as retried from jsonb_to_recordset($1::jsonb) as d (instance_id uuid, run_id uuid, epoch bigint,
      attempt integer, state text, reason text, message text, failure_class text, delay_ms bigint, dead_letter boolean)
  ), counted as (
    select d.*, e.staged, e.committed, jsonb_build_object('staged', e.staged, 'committed', e.committed, 'commit_status',
             case when e.committed = 0 then 'not_committed' when e.committed < e.staged then 'partial' else 'committed' end) as checkpoint
      from decided d cross join lateral (
        select count(*) filter (where type = 'run.state_staged') as staged, count(*) filter (where type = 'run.state_committed') as committed
          from run_events where connector_instance_id = d.instance_id and run_id = d.run_id and attempt = d.attempt) e
  ), ended as (
    update runs r set
      state = c.state, reason = c.reason, message = c.message, failure_class = c.failure_class,
      attempt = case when c.retried then r.attempt + 1 else r.attempt end,
      due_at = case when c.retried then now() + c.delay_ms * interval '1 ms' end,
      finished_at = case when c.retried then null else now() end,
      dead_lettered_at = case when c.dead_letter then now() end,
      checkpoint = case when c.retried then r.checkpoint else c.checkpoint end,
      start_deadline_at = null, commit_started_at = null
    from counted c
    where r.connector_instance_id = c.instance_id and r.run_id = c.run_id and r.epoch = c.epoch and r.state in ${inFlight}
    returning r.connector_instance_id, r.run_id, r.due_at, r.records_emitted, c.attempt, c.reason, c.message, c.retried, c.checkpoint
  ), freed as (
    update instance_leases l set run_id = null from ended e
     where l.connector_instance_id = e.connector_instance_id and l.run_id = e.run_id and not e.retried
  ), woken as (
    select pg_notify('runs_due', '') from (select 1 from ended where retried limit 1) any_retry
  ), told as (
    insert into run_events (connector_instance_id, run_id, attempt, type, data)
    select connector_instance_id, run_id, attempt, case when retried then 'run.retry_scheduled' else 'run.failed' end,
           jsonb_build_object('reason', reason, 'message', message, 'records_emitted', records_emitted, 'checkpoint', checkpoint)
           || case when retried then jsonb_build_object('next_attempt', attempt + 1, 'due_at', due_at)
                   else jsonb_build_object('known_gaps', '[]'::jsonb) end
      from ended
  )
  select count(*) from woken`;

/**
 * Pending runs that outlived their purpose: a manual run that nobody claimed is abandoned, since whoever asked has gone; a tick past its
 * starting deadline is skipped. Waiting retries are left to their backoff.
 */
const expireStatement = `
  with late as (
    select r.connector_instance_id, r.run_id, r.trigger
      from runs r
      join instance_leases l on l.connector_instance_id = r.connector_instance_id and l.run_id = r.run_id
      left join schedules s on s.connector_instance_id = r.connector_instance_id
     where r.due_at is not null and r.state = 'pending' and r.attempt = 1
       and case r.trigger when 'manual' then r.created_at < now() - $1 * interval '1 ms'
           else r.scheduled_for < now() - (s.schedule ->> 'startingDeadlineSeconds')::numeric * interval '1 s' end
     limit 500
       for update of l skip locked
  ), ended as (
    update runs r set
      state = case l.trigger when 'manual' then 'abandoned' else 'skipped' end,
      reason = case l.trigger when 'manual' then 'StartDeadlineExceeded' else 'StartingDeadlineMissed' end,
      message = case l.trigger when 'manual' then 'No runtime claimed the run in time.'
                else 'No runtime claimed the run before its starting deadline.' end,
      failure_class = case l.trigger when 'manual' then 'transient' end,
      due_at = null, finished_at = now()
    from late l
    where r.connector_instance_id = l.connector_instance_id and r.run_id = l.run_id and r.state = 'pending'
    returning r.connector_instance_id, r.run_id, r.attempt, r.state, r.reason, r.message
  ), freed as (
    update instance_leases l set run_id = null from ended e
     where l.connector_instance_id = e.connector_instance_id and l.run_id = e.run_id
  ), told as (
    insert into run_events (connector_instance_id, run_id, attempt, type, data)
    select connector_instance_id, run_id, attempt, 'run.failed',
           jsonb_build_object('reason', reason, 'message', message, 'records_emitted', 0, 'known_gaps', '[]'::jsonb,
             'checkpoint', jsonb_build_object('commit_status', 'not_committed', 'staged', 0, 'committed', 0))
      from ended where state = 'abandoned'
  )
  select connector_instance_id as "instanceId" from ended`;
