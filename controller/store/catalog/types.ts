import type { ConnectorTypeSpec } from '../../../schemas/connector-type.ts';
import type { RegisteredType } from '../../apis/catalog.ts';
import type { Queryable } from '../queryable.ts';

/** Where the program of a type lies, as the runtime reads it: `bundled` relative to our own connectors, `folder` absolute. */
export interface StoredTypeOrigin {
  readonly kind: 'bundled' | 'folder';
  readonly folder: string;
  /** Absolute path of the document. */
  readonly file: string;
}

/** A type as it is registered. */
export interface TypeRegistration extends Omit<RegisteredType, 'origin'> {
  readonly origin: StoredTypeOrigin;
}

/** What became of a registration. `conflict`: the key and version are there with other content. */
export interface RegistrationResult {
  readonly key: string;
  readonly version: string;
  readonly outcome: 'registered' | 'unchanged' | 'conflict';
}

/**
 * Registers types; the content of a key and version never changes, but one that no instance uses may be replaced while its document is
 * gone. A registered one only gets a new origin, or comes back after a withdrawal. Unchanged types write nothing.
 */
export async function registerTypes(db: Queryable, types: readonly TypeRegistration[]): Promise<RegistrationResult[]> {
  if (types.length === 0) return [];
  const { rows } = await db.query(
    `with wanted as (
       select * from jsonb_to_recordset($1::jsonb) as x("key" text, "version" text, "digest" text, "spec" jsonb, "origin" jsonb)),
     written as (
       insert into connector_types as t (connector_key, version, digest, document, manifest_uri, config_schema_version,
         operation_schema_version, origin)
       select "key", "version", "digest", "spec", "spec" ->> 'manifestUri', ("spec" #>> '{configSchema,version}')::integer,
         ("spec" ->> 'operationSchemaVersion')::integer, "origin" from wanted
       on conflict (connector_key, version) do update set digest = excluded.digest, document = excluded.document,
         manifest_uri = excluded.manifest_uri, config_schema_version = excluded.config_schema_version,
         operation_schema_version = excluded.operation_schema_version, origin = excluded.origin, withdrawn_at = null, registered_at = now()
       where (t.digest = excluded.digest and (t.withdrawn_at is not null or t.origin is distinct from excluded.origin))
          or (t.digest <> excluded.digest and t.withdrawn_at is not null and not exists (
            select from connector_instances i where i.connector_key = t.connector_key and i.connector_type_version = t.version))
       returning connector_key, version)
     select w."key", w."version", case when r.version is not null then 'registered' when t.digest = w."digest" then 'unchanged'
         else 'conflict' end as outcome
     from wanted w left join written r on r.connector_key = w."key" and r.version = w."version"
     left join connector_types t on t.connector_key = w."key" and t.version = w."version"`,
    [JSON.stringify(types)],
  );
  return rows.map((row) => ({
    key: row['key'] as string,
    version: row['version'] as string,
    outcome: row['outcome'] as RegistrationResult['outcome'],
  }));
}

/** Withdraws types whose document is gone; the rows stay for the instances that use them. Returns the keys that changed. */
export async function withdrawTypes(db: Queryable, types: readonly { key: string; version: string }[]): Promise<string[]> {
  const { rows } = await db.query(
    `update connector_types t set withdrawn_at = now()
     from jsonb_to_recordset($1::jsonb) as x("key" text, "version" text)
     where t.connector_key = x."key" and t.version = x."version" and t.withdrawn_at is null returning t.connector_key`,
    [JSON.stringify(types)],
  );
  return [...new Set(rows.map((row) => row['connector_key'] as string))];
}

/** Registered types, without withdrawn ones unless asked for. */
export async function listTypes(db: Queryable, withWithdrawn = false): Promise<(TypeRegistration & { withdrawnAt: Date | null })[]> {
  const { rows } = await db.query(
    `select connector_key, version, digest, document, origin, withdrawn_at from connector_types
     where $1 or withdrawn_at is null order by connector_key, version`,
    [withWithdrawn],
  );
  return rows.map((row) => ({
    key: row['connector_key'] as string,
    version: row['version'] as string,
    digest: row['digest'] as string,
    spec: row['document'] as ConnectorTypeSpec,
    origin: row['origin'] as StoredTypeOrigin,
    withdrawnAt: row['withdrawn_at'] as Date | null,
  }));
}
