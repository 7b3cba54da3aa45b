import type { Session } from '../../../../platform/postgres/connect.ts';
import type { RunKey, RunLog } from '../../../apis/run.ts';
import { fenceValues, leaseLost, WITH_FENCE } from '../fence.ts';
import { illegalTransition } from './illegal-transition.ts';
import { eventsFrom, eventsJson, type NumberedEvent } from './run-events.ts';

/** `starting` > `running`. The run keeps the start of its first attempt; the attempt has its own. */
const BEGIN = `${WITH_FENCE},
moved as (
  update runs set state = 'running', started_at = coalesce(started_at, now()), start_deadline_at = null from fence
   where connector_instance_id = $1 and run_id = $2 and epoch = $3 and state = 'starting' returning 1),
attempt as (
  update run_attempts set state = 'running', started_at = now() from moved
   where connector_instance_id = $1 and run_id = $2 and attempt = $4),
event as (${eventsFrom('moved', { json: 5, attempt: 4 })})
select (select count(*) from fence) as held, (select count(*) from moved) as moved,
       (select state from runs where connector_instance_id = $1 and run_id = $2) as "from"`;

/** Marks the run as running. A run that is running already is a repeat and stays as it is. */
export async function beginRun(db: Session, key: RunKey, started: NumberedEvent): Promise<void> {
  const values = [...fenceValues(key), key.attempt, eventsJson([started])];
  const { rows } = await db.query<{ held: number; moved: number; from: string | null }>(BEGIN, values);
  const answer = rows[0];
  if (answer === undefined || answer.held === 0) throw leaseLost(key);
  if (answer.moved === 0 && answer.from !== 'running') throw illegalTransition(key, answer.from, 'running');
}

const APPEND = `${WITH_FENCE},
events as (${eventsFrom('fence', { json: 5, attempt: 4 })})
select (select count(*) from fence) as held, (select count(*) from events) as written`;

/** Adds events to the run's timeline. */
export async function appendEvents(db: Session, key: RunKey, events: readonly NumberedEvent[]): Promise<void> {
  const { rows } = await db.query<{ held: number }>(APPEND, [...fenceValues(key), key.attempt, eventsJson(events)]);
  if (rows[0]?.held !== 1) throw leaseLost(key);
}

const SAVE_LOG = `${WITH_FENCE},
saved as (
  insert into run_logs as l (connector_instance_id, run_id, attempt, log, bytes_observed)
  select $1, $2, $4, $5, $6 from fence
      on conflict (connector_instance_id, run_id, attempt) do update
     set log = excluded.log, bytes_observed = excluded.bytes_observed, updated_at = now()
   where (l.log, l.bytes_observed) is distinct from (excluded.log, excluded.bytes_observed))
select count(*) as held from fence`;

/** Replaces the attempt's log. PostgreSQL's text cannot hold NUL, which a log may well have. */
export async function saveRunLog(db: Session, key: RunKey, log: RunLog): Promise<void> {
  const values = [...fenceValues(key), key.attempt, log.text.replaceAll('\0', '\u2400'), log.bytesObserved];
  const { rows } = await db.query<{ held: number }>(SAVE_LOG, values);
  if (rows[0]?.held !== 1) throw leaseLost(key);
}

/** The cancel and the commit update the same row under a condition on each other: the row lock decides who was first. */
const BEGIN_COMMIT = `${WITH_FENCE},
entered as (
  update runs set commit_started_at = now() from fence
   where connector_instance_id = $1 and run_id = $2 and epoch = $3 and state = 'running'
     and commit_started_at is null and cancel_requested_at is null
  returning 1)
select (select count(*) from fence) as held, (select count(*) from entered) as entered, state as "from",
       commit_started_at is not null as before
  from runs where connector_instance_id = $1 and run_id = $2`;

/** Enters the commit phase; false when a cancel was first. An attempt that is in it already is a repeat: true. */
export async function enterCommit(db: Session, key: RunKey): Promise<boolean> {
  type Answer = { held: number; entered: number; from: string; before: boolean };
  const answer = (await db.query<Answer>(BEGIN_COMMIT, fenceValues(key))).rows[0];
  if (answer === undefined || answer.held === 0) throw leaseLost(key);
  if (answer.from !== 'running') throw illegalTransition(key, answer.from, 'committing');
  return answer.entered === 1 || answer.before;
}
