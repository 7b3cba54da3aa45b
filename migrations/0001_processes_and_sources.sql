-- Purpose: who is alive, and which process may write for which source of documents.
-- Locks: none beyond the new tables. Breaking: no.

-- One row a process. `beat` only grows; observers judge it by their own monotonic clock, so no clock is compared across machines.
create table process_beats (
  process_id  uuid primary key,
  role        text not null check (role in ('controller', 'runtime', 'pod')),
  -- boot id and pid namespace: two processes with equal `host` can look each other up by pid
  host        text not null,
  pid         integer not null,
  pid_started text not null,
  beat        bigint not null default 0,
  -- what this process found out about itself at start, e.g. whether it can isolate connectors; never a secret
  facts       jsonb not null default '{}',
  started_at  timestamptz not null default now(),
  stopped_at  timestamptz
) with (fillfactor = 50);

-- A configured source of documents and what its last listing was worth.
create table sources (
  name             text primary key,
  kind             text not null check (kind in ('crd', 'gitops', 'upload')),
  -- scope of the listing (folder, branch, namespaces): another scope implies no removals
  fingerprint      text not null,
  listed_at        timestamptz,
  listing_error    jsonb,
  -- a mass removal that waits for confirmation: {count, total, token}
  pending_removal  jsonb,
  confirmed_removal text
);

-- The one holder of each source. The epoch changes only when the lease changes hands; every write of specs checks it.
create table source_leases (
  source     text primary key references sources (name) on delete cascade,
  epoch      bigint not null,
  process_id uuid
);
