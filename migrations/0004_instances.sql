-- Purpose: configured bindings, their schedules and the exclusive right to run them.
-- Locks: none beyond the new tables. Breaking: no.

create table connector_instances (
  connector_instance_id  uuid primary key,
  -- spec-owned fields: a change by hand is put back and audited
  namespace              text not null,
  name                   text not null,
  owner_type             text not null check (owner_type in ('user', 'group')),
  owner_id               uuid not null,
  project_id             text,
  connector_key          text not null,
  connector_type_version text not null,
  config_schema_version  integer not null,
  display_name           text,
  enabled                boolean not null,
  revision               text not null,
  config                 jsonb not null,
  credentials            jsonb not null,
  policy                 jsonb not null,
  limits                 jsonb not null,
  rate_limit_policy      jsonb,
  collection             jsonb not null,
  inbound                jsonb not null,
  execution              jsonb not null,
  -- the owner's lifecycle (CF-01)
  status                 text not null default 'active' check (status in ('draft', 'active', 'paused', 'revoked')),
  -- what the controller sees (CF-01)
  phase                  text not null default 'provisioning'
                         check (phase in ('provisioning', 'active', 'degraded', 'error', 'credential_expired', 'disabled')),
  phase_reason           text,
  last_success_at        timestamptz,
  last_error             jsonb,
  health_checked_at      timestamptz,
  created_at             timestamptz not null default now(),
  updated_at             timestamptz not null default now(),
  deleted_at             timestamptz,
  purge_after            timestamptz,
  foreign key (connector_key, connector_type_version) references connector_types (connector_key, version)
) with (fillfactor = 80);
create unique index connector_instances_live_name on connector_instances (namespace, name) where deleted_at is null;
create index connector_instances_owner on connector_instances (owner_type, owner_id) where deleted_at is null;
create index connector_instances_type on connector_instances (connector_key, connector_type_version);
create index connector_instances_purge on connector_instances (purge_after) where purge_after is not null;

create table schedules (
  connector_instance_id uuid primary key references connector_instances on delete cascade,
  -- spec-owned: every | cron, timeZone, jitter, startingDeadlineSeconds, missedRuns
  schedule              jsonb not null,
  suspended             boolean not null default false,
  -- owner's pause, kept when the spec changes
  paused_at             timestamptz,
  paused_by             jsonb,
  -- `every` counts from here, spread by a hash of the instance id
  anchor_at             timestamptz not null default now(),
  last_tick_at          timestamptz,
  next_run_at           timestamptz,
  -- equal to next_run_at while the schedule may fire, else null
  due_at                timestamptz
) with (fillfactor = 80);
create index schedules_due on schedules (due_at) where due_at is not null;

-- The exclusive right to run an instance. Changes only when a lease is taken, released or fenced: a writer that checks the epoch
-- `for share` is never blocked by a beat.
create table instance_leases (
  connector_instance_id uuid primary key references connector_instances on delete cascade,
  epoch                 bigint not null default 0,
  run_id                uuid
);
