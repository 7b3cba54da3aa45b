-- Purpose: registered connector types; content of (key, version) never changes.
-- Locks: none beyond the new table. Breaking: no.

create table connector_types (
  connector_key          text not null check (connector_key ~ '^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$'),
  version                text not null,
  digest                 text not null,
  document               jsonb not null,
  manifest_uri           text,
  config_schema_version  integer not null,
  operation_schema_version integer not null,
  -- where the program lies: {"kind": "bundled"|"folder"|"crd", "folder": "..."}
  origin                 jsonb not null,
  registered_at          timestamptz not null default now(),
  -- the document is gone; the version stays while an instance uses it
  withdrawn_at           timestamptz,
  primary key (connector_key, version)
);
