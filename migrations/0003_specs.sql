-- Purpose: desired state, its accepted revisions and the queue of reconciliation.
-- Locks: none beyond the new tables. Breaking: no.

create sequence resource_version_seq as bigint;

create table connector_specs (
  namespace            text not null,
  name                 text not null,
  uid                  uuid not null unique,
  instance_id          uuid not null unique,
  resource_version     bigint not null default nextval('resource_version_seq'),
  -- transaction of the last write: a watcher reads from the oldest transaction that was still open, so it misses nothing
  changed_xid          xid8 not null default pg_current_xact_id(),
  generation           bigint not null default 1,
  source               text not null references sources (name),
  -- path, line, commit, uid and resourceVersion at the source
  origin               jsonb not null default '{}',
  labels               jsonb not null default '{}',
  annotations          jsonb not null default '{}',
  -- last submitted spec, normalised (owner and projectId inside), accepted or not
  spec                 jsonb not null,
  spec_digest          text not null,
  -- digest of everything that was submitted: equal means nothing to do
  submitted_digest     text not null,
  accepted_revision    text,
  -- why the last submitted generation was refused; empty when it is in force
  findings             jsonb not null default '[]',
  -- its source cannot show it at the moment: {"reason", "message", "hint"}
  source_error         jsonb,
  -- other documents that claim this name: [{"source", "namespace", "file"}]
  claims               jsonb not null default '[]',
  reconcile_paused_at  timestamptz,
  deletion_requested_at timestamptz,
  deletion_requested_by jsonb,
  handled_requests     jsonb not null default '{}',
  status               jsonb not null default '{}',
  observed_generation  bigint not null default 0,
  created_at           timestamptz not null default now(),
  updated_at           timestamptz not null default now(),
  -- null: nothing to do. The queue of reconciliation.
  due_at               timestamptz default now(),
  attempts             integer not null default 0,
  primary key (namespace, name)
) with (fillfactor = 70);
create index connector_specs_due on connector_specs (due_at) where due_at is not null;
create index connector_specs_source on connector_specs (source);
create index connector_specs_changed on connector_specs (changed_xid);
create unique index connector_specs_owner_name on connector_specs
  ((spec #>> '{owner,type}'), (spec #>> '{owner,id}'), (coalesce(spec ->> 'projectId', '')), name);

-- What a watcher must still hear of after the row is gone; swept by age.
create table connector_tombstones (
  namespace        text not null,
  name             text not null,
  uid              uuid not null,
  resource_version bigint not null default nextval('resource_version_seq'),
  changed_xid      xid8 not null default pg_current_xact_id(),
  deleted_at       timestamptz not null default now(),
  primary key (uid)
);
create index connector_tombstones_changed on connector_tombstones (changed_xid);

-- Every accepted revision is kept, so that a rollback can re-apply one.
create table spec_revisions (
  spec_uid               uuid not null,
  revision               text not null,
  generation             bigint not null,
  spec                   jsonb not null,
  connector_type_version text not null,
  config_schema_version  integer not null,
  accepted_at            timestamptz not null default now(),
  primary key (spec_uid, revision)
);
