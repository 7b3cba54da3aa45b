-- Purpose: tokens get an id by which they are listed and revoked, and a note of who issued them.
-- Locks: api_tokens, access exclusive while the small table is rewritten. Breaking: no; both columns have a default or may be null.

alter table api_tokens
  add column token_id   uuid not null default gen_random_uuid(),
  -- who issued it, as audit rows keep an actor; null for the token of the first start
  add column created_by jsonb;
create unique index api_tokens_id on api_tokens (token_id);
