import type { ObjectKey, Settlement } from '../../apis/ports.ts';
import type { HandledRequest, SpecRow } from '../../apis/rows.ts';
import type { Queryable } from '../queryable.ts';
import { decodeSpec, SPEC_COLUMNS } from './spec-codec.ts';
import { keyList } from './read-specs.ts';

type Claimed = { specs: SpecRow[]; now: Date };

/**
 * Locks up to `limit` due objects for the pass's transaction. `skip locked`: replicas share the queue without waiting for each other.
 * The lock is what makes a pass safe: a run that ends meanwhile waits to make its object due until this pass has settled it.
 */
export async function claimDueSpecs(db: Queryable, limit: number): Promise<Claimed> {
  const { rows } = await db.query(
    `select ${SPEC_COLUMNS}, now() as claimed_at from connector_specs s
     where s.due_at <= now() order by s.due_at limit $1 for no key update skip locked`,
    [limit],
  );
  return decodeClaim(rows);
}

/** Locks exactly these objects, as far as they are still due and nobody else holds them. */
export async function claimSpecs(db: Queryable, keys: readonly ObjectKey[]): Promise<Claimed> {
  const { rows } = await db.query(
    `select ${SPEC_COLUMNS}, now() as claimed_at from connector_specs s
     where (s.namespace, s.name) in (select k ->> 'namespace', k ->> 'name' from jsonb_array_elements($1::jsonb) k) and s.due_at <= now()
     for no key update skip locked`,
    [keyList(keys)],
  );
  return decodeClaim(rows);
}

function decodeClaim(rows: Record<string, unknown>[]): Claimed {
  return { specs: rows.map(decodeSpec), now: (rows[0]?.['claimed_at'] as Date | undefined) ?? new Date(0) };
}

/** Ends the pass for objects of which only the queue's own columns changed; readers are not told. */
export async function requeueSpecs(db: Queryable, settlements: readonly Settlement[]): Promise<void> {
  if (settlements.length === 0) return;
  await db.query(
    `update connector_specs s set due_at = now() + x."requeueMs" * interval '1 millisecond', attempts = x."attempts"
     from jsonb_to_recordset($1::jsonb) as x("namespace" text, "name" text, "requeueMs" bigint, "attempts" integer)
     where s.namespace = x."namespace" and s.name = x."name"`,
    [JSON.stringify(settlements)],
  );
}

/** Ends the pass for objects with something new to tell: a new resourceVersion, so that watchers see them. */
export async function settleSpecs(db: Queryable, settlements: readonly Settlement[]): Promise<void> {
  if (settlements.length === 0) return;
  const rows = settlements.map(({ spec, ...rest }) => ({ ...rest, ...spec }));
  await db.query(
    `update connector_specs s set status = x."status", observed_generation = x."observedGeneration", accepted_revision = x."acceptedRevision",
       findings = x."findings", handled_requests = x."handledRequests", attempts = x."attempts",
       due_at = now() + x."requeueMs" * interval '1 millisecond',
       resource_version = nextval('resource_version_seq'), changed_xid = pg_current_xact_id(), updated_at = now()
     from jsonb_to_recordset($1::jsonb) as x("namespace" text, "name" text, "requeueMs" bigint, "attempts" integer, "status" jsonb,
       "observedGeneration" bigint, "acceptedRevision" text, "findings" jsonb, "handledRequests" jsonb)
     where s.namespace = x."namespace" and s.name = x."name"`,
    [JSON.stringify(rows)],
  );
}

/** Makes objects due; those that are due already are not written. Returns how many were. */
export async function makeSpecsDue(db: Queryable, keys: readonly ObjectKey[]): Promise<number> {
  if (keys.length === 0) return 0;
  const { rowCount } = await db.query(
    `update connector_specs s set due_at = now()
     where (s.namespace, s.name) in (select k ->> 'namespace', k ->> 'name' from jsonb_array_elements($1::jsonb) k)
       and (s.due_at is null or s.due_at > now())`,
    [keyList(keys)],
  );
  return rowCount ?? 0;
}

/** Makes the objects of these types due, after the catalog changed. Empty `connectorKeys`: all objects. */
export async function makeSpecsOfTypesDue(db: Queryable, connectorKeys: readonly string[]): Promise<number> {
  const { rowCount } = await db.query(
    `update connector_specs s set due_at = now()
     where (cardinality($1::text[]) = 0 or s.spec ->> 'type' = any($1)) and (s.due_at is null or s.due_at > now())`,
    [connectorKeys],
  );
  if ((rowCount ?? 0) > 0) await db.query(`select pg_notify('specs_due', '')`);
  return rowCount ?? 0;
}

/** Keeps what became of a request token, while that token is still the handled one. */
export async function recordRequest(db: Queryable, key: ObjectKey, kind: string, handled: HandledRequest): Promise<void> {
  await db.query(
    `with kept as (
       update connector_specs s set handled_requests = jsonb_set(s.handled_requests, array[$3], $4::jsonb), due_at = now()
       where s.namespace = $1 and s.name = $2 and s.handled_requests #>> array[$3, 'token'] = $5 returning 1)
     select pg_notify('specs_due', '') from kept`,
    [key.namespace, key.name, kind, JSON.stringify(handled), handled.token],
  );
}

/** Milliseconds until the earliest object is due; null when none waits. */
export async function nextSpecDueInMs(db: Queryable): Promise<number | null> {
  const { rows } = await db.query(
    `select extract(epoch from min(due_at) - now()) * 1000 as ms from connector_specs where due_at is not null`,
  );
  const ms = rows[0]?.['ms'];
  return ms === null || ms === undefined ? null : Number(ms);
}
