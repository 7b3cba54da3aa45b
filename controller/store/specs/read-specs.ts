import type { ObjectKey, ObjectPrint, RecordedSpec, RetainedInstance } from '../../apis/ports.ts';
import type { SpecRow } from '../../apis/rows.ts';
import type { Queryable } from '../queryable.ts';
import { decodeRecorded, decodeSpec, RECORDED_COLUMNS, RECORDED_FROM, SPEC_COLUMNS } from './spec-codec.ts';

/** Recorded objects under these keys and, with `wholeSource`, all that the source owns or lays a claim to. One query. */
export async function readRecorded(
  db: Queryable,
  source: string,
  keys: readonly ObjectKey[],
  wholeSource: boolean,
): Promise<RecordedSpec[]> {
  const { rows } = await db.query(
    `select ${RECORDED_COLUMNS} from ${RECORDED_FROM}
     where ($3 and (s.source = $1 or s.claims @> jsonb_build_array(jsonb_build_object('source', $1::text))))
        or (s.namespace, s.name) in (select k ->> 'namespace', k ->> 'name' from jsonb_array_elements($2::jsonb) k)`,
    [source, keyList(keys), wholeSource],
  );
  return rows.map(decodeRecorded);
}

/** Objects of the same owner, project and name in whatever namespace; served by `connector_specs_owner_name`. */
export async function readSameOwnerName(
  db: Queryable,
  candidates: readonly { name: string; ownerType: string; ownerId: string; projectId: string | null }[],
): Promise<RecordedSpec[]> {
  if (candidates.length === 0) return [];
  const { rows } = await db.query(
    `select ${RECORDED_COLUMNS}
     from ${RECORDED_FROM}
     where (s.spec #>> '{owner,type}', s.spec #>> '{owner,id}', coalesce(s.spec ->> 'projectId', ''), s.name) in (
       select c."ownerType", c."ownerId", coalesce(c."projectId", ''), c."name"
       from jsonb_to_recordset($1::jsonb) as c("name" text, "ownerType" text, "ownerId" text, "projectId" text))`,
    [JSON.stringify(candidates)],
  );
  return rows.map(decodeRecorded);
}

/** Instances under these names that have no document: live ones (Disable, Retain) and those that can still be restored. */
export async function readRetained(db: Queryable, keys: readonly ObjectKey[]): Promise<RetainedInstance[]> {
  if (keys.length === 0) return [];
  const { rows } = await db.query(
    `select i.namespace, i.name, i.connector_instance_id, i.owner_type, i.owner_id, i.project_id, i.connector_key, i.deleted_at is null as live
     from jsonb_to_recordset($1::jsonb) as k("namespace" text, "name" text)
     join connector_instances i on i.namespace = k."namespace" and i.name = k."name"
     where (i.deleted_at is null or i.purge_after > now())
       and not exists (select from connector_specs s where s.instance_id = i.connector_instance_id)
     order by i.deleted_at desc nulls first`,
    [keyList(keys)],
  );
  return rows.map((row) => ({
    namespace: row['namespace'] as string,
    name: row['name'] as string,
    instanceId: row['connector_instance_id'] as string,
    ownerType: row['owner_type'] as string,
    ownerId: row['owner_id'] as string,
    projectId: row['project_id'] as string | null,
    connectorKey: row['connector_key'] as string,
    live: row['live'] as boolean,
  }));
}

/**
 * One page in key order with the row versions behind each object: `xmin` is the transaction that wrote a row last, so that any change,
 * by whomever, shows without reading a single document. No locks.
 */
export async function readPrints(db: Queryable, after: ObjectKey | null, limit: number): Promise<ObjectPrint[]> {
  const { rows } = await db.query(
    `select s.namespace, s.name, concat_ws(' ', s.xmin, i.xmin, sc.xmin, l.xmin, newest.xmin, newest.run_id) as print
     from connector_specs s
     left join connector_instances i on i.connector_instance_id = s.instance_id
     left join schedules sc on sc.connector_instance_id = s.instance_id
     left join instance_leases l on l.connector_instance_id = s.instance_id
     left join lateral (
       select r.xmin, r.run_id from runs r where r.connector_instance_id = s.instance_id order by r.run_id desc limit 1
     ) newest on true
     where $1::text is null or (s.namespace, s.name) > ($1, $2)
     order by s.namespace, s.name limit $3`,
    [after?.namespace ?? null, after?.name ?? '', limit],
  );
  return rows.map((row) => ({ namespace: row['namespace'] as string, name: row['name'] as string, print: row['print'] as string }));
}

/** These objects, as far as they are there, and the database's time. No locks. */
export async function readSpecs(db: Queryable, keys: readonly ObjectKey[]): Promise<{ specs: SpecRow[]; now: Date }> {
  const { rows } = await db.query(
    `select at.now as read_at, s.* from (select now() as now) at left join lateral (
       select ${SPEC_COLUMNS} from jsonb_to_recordset($1::jsonb) as k("namespace" text, "name" text)
       join connector_specs s on s.namespace = k."namespace" and s.name = k."name") s on true`,
    [keyList(keys)],
  );
  return { specs: rows.filter((row) => row['uid'] !== null).map(decodeSpec), now: rows[0]?.['read_at'] as Date };
}

/** Names as one jsonb parameter. */
export function keyList(keys: readonly ObjectKey[]): string {
  return JSON.stringify(keys.map(({ namespace, name }) => ({ namespace, name })));
}
