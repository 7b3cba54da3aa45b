import type { ConnectorSpec } from '../../../schemas/connector.ts';
import type { AcceptedRevision } from '../../apis/ports.ts';
import type { RevisionRow, SpecRow } from '../../apis/rows.ts';
import type { Queryable } from '../queryable.ts';

/** Keeps accepted revisions; one that is there already only gets the version that it resolves to now. Run after its object is written. */
export async function saveRevisions(db: Queryable, revisions: readonly AcceptedRevision[]): Promise<void> {
  if (revisions.length === 0) return;
  await db.query(
    `insert into spec_revisions (spec_uid, revision, generation, spec, connector_type_version, config_schema_version)
     select s.uid, x."revision", s.generation, x."spec", x."connectorTypeVersion", x."configSchemaVersion"
     from jsonb_to_recordset($1::jsonb) as x("namespace" text, "name" text, "revision" text, "spec" jsonb, "connectorTypeVersion" text,
       "configSchemaVersion" integer)
     join connector_specs s on s.namespace = x."namespace" and s.name = x."name"
     on conflict (spec_uid, revision) do update
       set connector_type_version = excluded.connector_type_version, config_schema_version = excluded.config_schema_version
       where (spec_revisions.connector_type_version, spec_revisions.config_schema_version)
         is distinct from (excluded.connector_type_version, excluded.config_schema_version)`,
    [JSON.stringify(revisions)],
  );
}

/** The revisions in force, by uid of their object. */
export async function readRevisionsInForce(db: Queryable, specs: readonly SpecRow[]): Promise<Map<string, RevisionRow>> {
  const accepted = specs.filter((spec) => spec.acceptedRevision !== null);
  if (accepted.length === 0) return new Map();
  const byUid = new Map(accepted.map((spec) => [spec.uid, spec]));
  const { rows } = await db.query(
    `select r.spec_uid, r.revision, case when r.revision <> s.spec_digest then r.spec end as spec, r.connector_type_version, r.config_schema_version
     from connector_specs s join spec_revisions r on r.spec_uid = s.uid and r.revision = s.accepted_revision
     where s.uid = any($1::uuid[])`,
    [[...byUid.keys()]],
  );
  return new Map(
    rows.map((row) => {
      const uid = row['spec_uid'] as string;
      // Mostly the revision is the newest spec itself, which is there already.
      return [uid, decodeRevision({ ...row, spec: row['spec'] ?? byUid.get(uid)?.spec })];
    }),
  );
}

/** One kept revision with the moment it was accepted, newest first; for rollback and describe. */
export async function listRevisions(
  db: Queryable,
  key: { namespace: string; name: string },
): Promise<(RevisionRow & { generation: number; acceptedAt: Date })[]> {
  const { rows } = await db.query(
    `select r.revision, r.spec, r.connector_type_version, r.config_schema_version, r.generation, r.accepted_at
     from connector_specs s join spec_revisions r on r.spec_uid = s.uid
     where s.namespace = $1 and s.name = $2 order by r.accepted_at desc, r.generation desc`,
    [key.namespace, key.name],
  );
  return rows.map((row) => ({ ...decodeRevision(row), generation: Number(row['generation']), acceptedAt: row['accepted_at'] as Date }));
}

function decodeRevision(row: Record<string, unknown>): RevisionRow {
  return {
    revision: row['revision'] as string,
    spec: row['spec'] as ConnectorSpec,
    connectorTypeVersion: row['connector_type_version'] as string,
    configSchemaVersion: row['config_schema_version'] as number,
  };
}
