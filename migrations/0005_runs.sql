-- Purpose: runs, their attempts, events and logs. `runs` is also the queue of launches.
-- Partitioned by the time inside the UUIDv7 run id; partitions are made ahead and dropped by retention, the default one catches the rest.
-- Locks: none beyond the new tables. Breaking: no.

create table runs (
  connector_instance_id  uuid not null,
  run_id                 uuid not null,
  namespace              text not null,
  connector_name         text not null,
  connector_key          text not null,
  connector_type_version text not null,
  revision               text not null,
  trigger                text not null check (trigger in ('schedule', 'manual')),
  runner                 text not null check (runner in ('subprocess', 'pod')),
  state                  text not null check (state in ('pending', 'starting', 'running', 'waiting_for_interaction',
                           'succeeded', 'failed', 'cancelled', 'abandoned', 'skipped')),
  reason                 text,
  message                text,
  failure_class          text check (failure_class in ('transient', 'permanent', 'policy_denied', 'quota_exceeded', 'validation_error')),
  attempt                integer not null default 1,
  -- lease epoch of the current attempt
  epoch                  bigint not null,
  trace_id               text not null,
  requested_by           jsonb not null default '{}',
  scheduled_for          timestamptz,
  -- pending: not to be claimed before; null in every other state
  due_at                 timestamptz,
  -- starting: fenced when START was not written by then
  start_deadline_at      timestamptz,
  process_id             uuid,
  cancel_requested_at    timestamptz,
  cancel_requested_by    jsonb,
  -- a cancel and the commit compete for this column: whoever writes first wins
  commit_started_at      timestamptz,
  created_at             timestamptz not null default now(),
  started_at             timestamptz,
  finished_at            timestamptz,
  records_emitted        bigint not null default 0,
  -- [{"name", "records"}]
  streams                jsonb not null default '[]',
  -- {"commit_status", "staged", "committed", "streams"}
  checkpoint             jsonb,
  known_gaps             jsonb not null default '[]',
  violation              jsonb,
  connector_error        jsonb,
  -- after the last retry: waits here to be replayed
  dead_lettered_at       timestamptz,
  primary key (connector_instance_id, run_id)
) partition by range (run_id);
create table runs_default partition of runs default;
create index runs_due on runs (due_at) where due_at is not null;
create index runs_in_flight on runs (process_id, connector_instance_id)
  where state in ('starting', 'running', 'waiting_for_interaction');
create index runs_unfinished on runs (namespace, connector_key)
  where state in ('starting', 'running', 'waiting_for_interaction');
create index runs_dead_letters on runs (dead_lettered_at) where dead_lettered_at is not null;

create table run_attempts (
  connector_instance_id uuid not null,
  run_id                uuid not null,
  attempt               integer not null,
  epoch                 bigint not null,
  process_id            uuid,
  state                 text not null,
  reason                text,
  message               text,
  failure_class         text,
  records_emitted       bigint not null default 0,
  started_at            timestamptz,
  finished_at           timestamptz,
  primary key (connector_instance_id, run_id, attempt)
) partition by range (run_id);
create table run_attempts_default partition of run_attempts default;

create sequence run_event_seq as bigint;
create table run_events (
  connector_instance_id uuid not null,
  run_id                uuid not null,
  seq                   bigint not null default nextval('run_event_seq'),
  attempt               integer not null,
  type                  text not null,
  at                    timestamptz not null default clock_timestamp(),
  data                  jsonb not null default '{}',
  primary key (connector_instance_id, run_id, seq)
) partition by range (run_id);
create table run_events_default partition of run_events default;

-- The bounded, redacted end of what a connector wrote to stderr.
create table run_logs (
  connector_instance_id uuid not null,
  run_id                uuid not null,
  attempt               integer not null,
  log                   text not null,
  bytes_observed        bigint not null,
  updated_at            timestamptz not null default now(),
  primary key (connector_instance_id, run_id, attempt)
) partition by range (run_id);
create table run_logs_default partition of run_logs default;
