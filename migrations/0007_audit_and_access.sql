-- Purpose: who did what, who may ask, and which request was already answered.
-- Locks: none beyond the new tables. Breaking: no.

create sequence audit_event_seq as bigint;
-- Append-only; no foreign key, so that it outlives what it speaks of.
create table audit_events (
  seq                   bigint primary key default nextval('audit_event_seq'),
  at                    timestamptz not null default now(),
  -- {"kind": "operator"|"owner_session"|...|"controller", "name", "acts_for_every_owner"}
  actor                 jsonb not null,
  action                text not null,
  outcome               text not null,
  reason                text,
  namespace             text,
  name                  text,
  connector_instance_id uuid,
  source                text,
  revision              text,
  request_id            text,
  -- what changed, before and after; spec-owned fields only, never a secret
  changes               jsonb
);
create index audit_events_instance on audit_events (connector_instance_id, seq);
create index audit_events_object on audit_events (namespace, name, seq);
create index audit_events_at on audit_events (at);

create table api_tokens (
  token_hash   text primary key,
  subject_kind text not null check (subject_kind in ('operator', 'owner_session', 'owner_agent', 'client', 'device')),
  subject      text not null,
  owner_type   text check (owner_type in ('user', 'group')),
  owner_id     uuid,
  project_id   text,
  -- null: every namespace
  namespaces   text[],
  created_at   timestamptz not null default now(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  -- only an operator acts without an owner
  check (subject_kind = 'operator' or (owner_type is not null and owner_id is not null))
);

create table idempotency_keys (
  subject      text not null,
  key          text not null,
  request_hash text not null,
  -- null while the first call is under way
  response     jsonb,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  primary key (subject, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);

-- Named policy templates of this installation.
create table policy_templates (
  name       text primary key,
  document   jsonb not null,
  updated_at timestamptz not null default now()
);
