-- Purpose: what connectors collect. Every key begins with the instance, so that the tables can be distributed on it.
-- Locks: none beyond the new tables. Breaking: no.

-- `data` is json, not jsonb: it keeps the bytes that were sent.
create table records (
  connector_instance_id uuid not null,
  stream                text collate "C" not null,
  key                   text collate "C" not null,
  version               bigint not null,
  deleted               boolean not null default false,
  emitted_at            timestamptz not null,
  data                  json,
  primary key (connector_instance_id, stream, key)
);

-- Superseded bodies only; the current one is in records.
create table record_changes (
  connector_instance_id uuid not null,
  stream                text collate "C" not null,
  key                   text collate "C" not null,
  version               bigint not null,
  deleted               boolean not null,
  emitted_at            timestamptz not null,
  data                  json,
  superseded_by         bigint not null,
  superseded_at         timestamptz not null default now(),
  primary key (connector_instance_id, stream, key, version, superseded_at)
) partition by range (superseded_at);
create table record_changes_default partition of record_changes default;

-- One counter an instance and stream, locked by the statement that raises it: commit order is version order.
create table stream_versions (
  connector_instance_id uuid not null,
  stream                text collate "C" not null,
  version               bigint not null default 0,
  primary key (connector_instance_id, stream)
) with (fillfactor = 50);

-- Cursors, exact bytes. `namespace` is '' for runs without a grant, else the grant id.
create table checkpoints (
  connector_instance_id uuid not null,
  namespace             text not null default '',
  stream                text collate "C" not null,
  cursor                json not null,
  run_id                uuid not null,
  epoch                 bigint not null,
  committed_at          timestamptz not null default now(),
  primary key (connector_instance_id, namespace, stream)
);
