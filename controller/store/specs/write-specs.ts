import type { NewSpec, ObjectKey, SourceFactChange, SpecChange, WrittenSpec } from '../../apis/ports.ts';
import type { Actor } from '../../apis/rows.ts';
import type { Queryable } from '../queryable.ts';
import { keyList } from './read-specs.ts';

/** Inserts objects, due now. One that another transaction made meanwhile, under its key or its owner's name, is left alone and not returned. */
export async function insertSpecs(db: Queryable, specs: readonly NewSpec[]): Promise<WrittenSpec[]> {
  if (specs.length === 0) return [];
  const { rows } = await db.query(
    `insert into connector_specs (namespace, name, uid, instance_id, source, origin, labels, annotations, spec, spec_digest, submitted_digest,
       accepted_revision, findings, handled_requests, status, due_at)
     select x."namespace", x."name", x."uid", x."instanceId", x."source", x."origin", x."labels", x."annotations", x."spec", x."specDigest",
       x."submittedDigest", x."acceptedRevision", x."findings", x."handledRequests", x."status", now()
     from jsonb_to_recordset($1::jsonb) as x("namespace" text, "name" text, "uid" uuid, "instanceId" uuid, "source" text, "origin" jsonb,
       "labels" jsonb, "annotations" jsonb, "spec" jsonb, "specDigest" text, "submittedDigest" text, "acceptedRevision" text,
       "findings" jsonb, "handledRequests" jsonb, "status" jsonb)
     on conflict do nothing
     returning namespace, name, uid, generation, resource_version`,
    [JSON.stringify(specs)],
  );
  return rows.map(decodeWritten);
}

/**
 * Writes changed objects, due now; generation counts up only when the spec changed. An object that was changed since it was read is left
 * alone and not returned. A refused change keeps the accepted revision.
 */
export async function updateSpecs(db: Queryable, changes: readonly SpecChange[]): Promise<WrittenSpec[]> {
  if (changes.length === 0) return [];
  const { rows } = await db.query(
    `update connector_specs s set source = x."source", origin = x."origin", labels = x."labels", annotations = x."annotations", spec = x."spec",
       spec_digest = x."specDigest", submitted_digest = x."submittedDigest",
       accepted_revision = coalesce(x."acceptedRevision", s.accepted_revision), findings = x."findings", source_error = null,
       generation = s.generation + case when x."specChanged" then 1 else 0 end,
       resource_version = nextval('resource_version_seq'), changed_xid = pg_current_xact_id(), updated_at = now(), due_at = now(), attempts = 0
     from jsonb_to_recordset($1::jsonb) as x("namespace" text, "name" text, "source" text, "origin" jsonb, "labels" jsonb, "annotations" jsonb,
       "spec" jsonb, "specDigest" text, "submittedDigest" text, "acceptedRevision" text, "findings" jsonb, "seenDigest" text,
       "seenSource" text, "seenResourceVersion" bigint, "specChanged" boolean)
     where s.namespace = x."namespace" and s.name = x."name" and s.submitted_digest = x."seenDigest" and s.source = x."seenSource"
       and (x."seenResourceVersion" is null or s.resource_version = x."seenResourceVersion") and s.deletion_requested_at is null
     returning s.namespace, s.name, s.uid, s.generation, s.resource_version`,
    [JSON.stringify(changes)],
  );
  return rows.map(decodeWritten);
}

/** Writes what a source says about documents that did not change themselves. */
export async function updateSourceFacts(db: Queryable, facts: readonly SourceFactChange[]): Promise<void> {
  if (facts.length === 0) return;
  await db.query(
    `update connector_specs s set origin = coalesce(x."origin", s.origin), source_error = x."sourceError", claims = x."claims", due_at = now()
     from jsonb_to_recordset($1::jsonb) as x("namespace" text, "name" text, "origin" jsonb, "sourceError" jsonb, "claims" jsonb)
     where s.namespace = x."namespace" and s.name = x."name"`,
    [JSON.stringify(facts.map((fact) => ({ ...fact, origin: fact.origin ?? undefined, sourceError: fact.sourceError ?? undefined })))],
  );
}

/** Asks for the removal of objects; the pass carries it out. Returns those that were not being removed yet. */
export async function requestDeletion(db: Queryable, keys: readonly ObjectKey[], by: Actor): Promise<WrittenSpec[]> {
  if (keys.length === 0) return [];
  const { rows } = await db.query(
    `update connector_specs s set deletion_requested_at = now(), deletion_requested_by = $2, source_error = null, due_at = now(),
       resource_version = nextval('resource_version_seq'), changed_xid = pg_current_xact_id(), updated_at = now()
     where (s.namespace, s.name) in (select k ->> 'namespace', k ->> 'name' from jsonb_array_elements($1::jsonb) k)
       and s.deletion_requested_at is null
     returning s.namespace, s.name, s.uid, s.generation, s.resource_version`,
    [keyList(keys), JSON.stringify(by)],
  );
  return rows.map(decodeWritten);
}

/**
 * Removes objects with their kept revisions and leaves a tombstone each, so that watchers hear of it. A document that comes back is a new
 * object with a uid of its own: nothing could reach the old revisions any more, and what is restored is the instance's row.
 */
export async function forgetSpecs(db: Queryable, keys: readonly ObjectKey[]): Promise<void> {
  if (keys.length === 0) return;
  await db.query(
    `with gone as (
       delete from connector_specs s
       where (s.namespace, s.name) in (select k ->> 'namespace', k ->> 'name' from jsonb_array_elements($1::jsonb) k)
       returning s.namespace, s.name, s.uid
     ), revisions as (
       delete from spec_revisions r using gone where r.spec_uid = gone.uid)
     insert into connector_tombstones (namespace, name, uid) select namespace, name, uid from gone`,
    [keyList(keys)],
  );
}

/** Removes tombstones older than this, in milliseconds. */
export async function sweepTombstones(db: Queryable, olderThanMs: number): Promise<number> {
  const { rowCount } = await db.query(`delete from connector_tombstones where deleted_at < now() - $1 * interval '1 millisecond'`, [
    olderThanMs,
  ]);
  return rowCount ?? 0;
}

function decodeWritten(row: Record<string, unknown>): WrittenSpec {
  return {
    namespace: row['namespace'] as string,
    name: row['name'] as string,
    uid: row['uid'] as string,
    generation: Number(row['generation']),
    resourceVersion: Number(row['resource_version']),
  };
}
