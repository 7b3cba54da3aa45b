import type { Session } from '../../../../platform/postgres/connect.ts';
import { inFlightStates, mayFollow, type RunState } from '../../../../schemas/run-words.ts';
import type { AttemptOutcome, RunKey } from '../../../apis/run.ts';
import { fenceValues, leaseLost } from '../fence.ts';
import { illegalTransition } from './illegal-transition.ts';
import { eventsFrom, eventsJson, type NumberedEvent } from './run-events.ts';

/**
 * The end of an attempt. The fence is taken `for update`, because the lease itself changes: raised for a retry, let go otherwise. Lock
 * order as everywhere: lease, run, the rest. A retry is not written when a cancel is on record: the caller ends the run instead.
 * `written` finds the event of an earlier try of this very statement, whose answer was lost.
 */
const FINISH = `with fence as materialized (
  select 1 from instance_leases where connector_instance_id = $1 and run_id = $2 and epoch = $3 for update),
outcome as (
  select * from jsonb_to_record($6::jsonb) as o (reason text, message text, failure_class text, records_emitted bigint, streams jsonb,
    checkpoint jsonb, known_gaps jsonb, violation jsonb, connector_error jsonb)),
ended as (
  update runs r set state = $7, reason = o.reason, message = o.message, failure_class = o.failure_class,
         records_emitted = o.records_emitted, streams = o.streams, checkpoint = o.checkpoint, known_gaps = o.known_gaps,
         violation = o.violation, connector_error = o.connector_error, start_deadline_at = null,
         attempt = r.attempt + $9::integer, epoch = r.epoch + $9::integer,
         process_id = case when $9 = 1 then null else r.process_id end,
         commit_started_at = case when $9 = 1 then null else r.commit_started_at end,
         finished_at = case when $9 = 1 then null else now() end,
         due_at = case when $9 = 1 then now() + $10::bigint * interval '1 millisecond' end,
         dead_lettered_at = case when $11::boolean then now() end
    from fence, outcome o
   where r.connector_instance_id = $1 and r.run_id = $2 and r.epoch = $3 and r.attempt = $4 and r.state = any ($12::text[])
     and ($9 = 0 or r.cancel_requested_at is null)
  returning 1),
attempt as (
  update run_attempts a set state = $8, reason = o.reason, message = o.message, failure_class = o.failure_class,
         records_emitted = o.records_emitted, finished_at = now()
    from ended, outcome o where a.connector_instance_id = $1 and a.run_id = $2 and a.attempt = $4),
event as (${eventsFrom('ended', { json: 5, attempt: 4 })}),
lease as (
  update instance_leases set epoch = epoch + $9::integer, run_id = case when $9 = 1 then run_id end from ended
   where connector_instance_id = $1),
spec as (
  update connector_specs set due_at = least(due_at, now()) from ended where instance_id = $1 returning 1),
told as (
  select pg_notify('specs_due', ''), case when $9 = 1 then pg_notify('runs_due', '') end from ended)
select (select count(*) from fence) as held, (select count(*) from ended) as ended, (select count(*) from told) as told,
       r.state as "from", r.cancel_requested_at is not null as cancelled,
       exists (select from run_events e join jsonb_to_recordset($5::jsonb) as n (seq bigint) on n.seq = e.seq
                where e.connector_instance_id = $1 and e.run_id = $2) as written
  from runs r where r.connector_instance_id = $1 and r.run_id = $2`;

interface Answer {
  held: number;
  ended: number;
  from: RunState;
  cancelled: boolean;
  written: boolean;
}

/** `cancelled`: a retry was wanted, but a cancel is on record and nothing was written. */
export type FinishResult = 'written' | 'cancelled';

/** How the attempt ends. */
export interface Finish {
  readonly outcome: AttemptOutcome;
  readonly event: NumberedEvent;
  /** Delay before the next attempt; null when this one is the last. */
  readonly retryDelayMs: number | null;
}

/** Ends the attempt in one statement. Throws `LeaseLost`, `IllegalTransition`. */
export async function finishAttempt(db: Session, key: RunKey, finish: Finish): Promise<FinishResult> {
  const next: RunState = finish.retryDelayMs === null ? finish.outcome.state : 'pending';
  const answer = (await db.query<Answer>(FINISH, finishValues(key, finish, next))).rows[0];
  if (answer?.ended === 1 || answer?.written === true) return 'written';
  if (answer === undefined || answer.held === 0) throw leaseLost(key);
  if (next === 'pending' && answer.cancelled) return 'cancelled';
  throw illegalTransition(key, answer.from, next);
}

function finishValues(key: RunKey, { outcome, event, retryDelayMs }: Finish, next: RunState): unknown[] {
  const isLast = retryDelayMs === null;
  return [
    ...fenceValues(key),
    key.attempt,
    eventsJson([event]),
    outcomeJson(outcome),
    next,
    outcome.state,
    isLast ? 0 : 1,
    Math.round(retryDelayMs ?? 0),
    isLast && outcome.retryable && outcome.state === 'failed',
    inFlightStates.filter((state) => mayFollow(state, next)),
  ];
}

function outcomeJson(outcome: AttemptOutcome): string {
  return JSON.stringify({
    reason: outcome.reason,
    message: outcome.message,
    failure_class: outcome.failureClass,
    records_emitted: outcome.recordsEmitted,
    streams: outcome.streams,
    checkpoint: outcome.checkpoint,
    known_gaps: outcome.knownGaps,
    violation: outcome.violation,
    connector_error: outcome.connectorError,
  });
}
