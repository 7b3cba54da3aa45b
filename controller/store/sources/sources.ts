import type { SourceRow } from '../../apis/ports.ts';
import type { SourceError } from '../../apis/rows.ts';
import type { Queryable } from '../queryable.ts';

/** The source that owns what another one let go of: any source may take it up. */
export const RELEASED_SOURCE = 'released';

/** Registers a configured source; one that is there keeps its facts. */
export async function registerSource(db: Queryable, source: Pick<SourceRow, 'name' | 'kind' | 'fingerprint'>): Promise<void> {
  await db.query(`insert into sources (name, kind, fingerprint) values ($1, $2, $3) on conflict (name) do nothing`, [
    source.name,
    source.kind,
    source.fingerprint,
  ]);
}

/** One source, or null. */
export async function readSource(db: Queryable, name: string): Promise<SourceRow | null> {
  return (await listSources(db, [name]))[0] ?? null;
}

/** Sources by name; all of them without names. */
export async function listSources(db: Queryable, names: readonly string[] = []): Promise<SourceRow[]> {
  const { rows } = await db.query(
    `select name, kind, fingerprint, listed_at, listing_error, pending_removal, confirmed_removal from sources
     where cardinality($1::text[]) = 0 or name = any($1) order by name`,
    [names],
  );
  return rows.map((row) => ({
    name: row['name'] as string,
    kind: row['kind'] as SourceRow['kind'],
    fingerprint: row['fingerprint'] as string,
    listedAt: row['listed_at'] as Date | null,
    listingError: row['listing_error'] as SourceError | null,
    pendingRemoval: row['pending_removal'] as SourceRow['pendingRemoval'],
    confirmedRemoval: row['confirmed_removal'] as string | null,
  }));
}

/** Writes what a listing changed about its source. */
export async function updateSource(
  db: Queryable,
  name: string,
  facts: Pick<SourceRow, 'fingerprint' | 'listingError' | 'pendingRemoval' | 'confirmedRemoval'>,
): Promise<void> {
  await db.query(
    `update sources set fingerprint = $2, listing_error = $3, pending_removal = $4, confirmed_removal = $5, listed_at = now() where name = $1`,
    [name, facts.fingerprint, jsonOrNull(facts.listingError), jsonOrNull(facts.pendingRemoval), facts.confirmedRemoval],
  );
}

/** Confirms a mass removal that waits; the source's next complete listing carries it out. False when no such removal waits. */
export async function confirmRemoval(db: Queryable, name: string, token: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `with confirmed as (update sources set confirmed_removal = $2 where name = $1 and pending_removal ->> 'token' = $2 returning name)
     select pg_notify('sources_changed', '') from confirmed`,
    [name, token],
  );
  return rowCount === 1;
}

/**
 * Lets go of a source's objects: they belong to `to`, by default to nobody, so that the next door that brings the same document takes
 * them up under the same instance. Returns how many were let go of.
 */
export async function releaseSource(db: Queryable, from: string, to: string = RELEASED_SOURCE): Promise<number> {
  if (to === RELEASED_SOURCE) await registerSource(db, { name: to, kind: 'upload', fingerprint: '' });
  const { rowCount } = await db.query(
    `update connector_specs set source = $2, source_error = null, claims = '[]', due_at = now(), updated_at = now(),
       resource_version = nextval('resource_version_seq'), changed_xid = pg_current_xact_id()
     where source = $1`,
    [from, to],
  );
  if ((rowCount ?? 0) > 0)
    await db.query(`select pg_notify('specs_due', ''), pg_notify('specs_changed', ''), pg_notify('sources_changed', '')`);
  return rowCount ?? 0;
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
