import type { Queryable } from './queryable.ts';

/** A stored record; `dataText` is the JSON as the connector sent it, byte for byte. */
export interface StoredRecord {
  readonly key: string;
  readonly version: number;
  readonly emittedAt: Date;
  readonly dataText: string;
}

/**
 * What the records of a page may take in the database: it is told without reading a body, and a body is seldom more than a hundred times
 * as long as what PostgreSQL makes of it.
 */
const PAGE_STORED_BYTES = 512 * 1024;

/**
 * One page of a stream, in key order (bytes), without deleted records. `after` is the last key of the page before. A page of large records
 * is shorter than `limit`, so that it fits into memory; only behind the last record is it empty.
 */
export async function listRecords(
  db: Queryable,
  page: { instanceId: string; stream: string; after: string | null; limit: number },
): Promise<StoredRecord[]> {
  const { rows } = await db.query(
    `select key, version, emitted_at, data::text as data
     from (
       select *, sum(pg_column_size(data)) over (order by key rows between unbounded preceding and 1 preceding) as bytes_before
       from (
         select key, version, emitted_at, data from records
         where connector_instance_id = $1 and stream = $2 and ($3::text is null or key > $3) and not deleted
         order by key limit $4
       ) as candidates
     ) as measured
     where coalesce(bytes_before, 0) < $5
     order by key`,
    [page.instanceId, page.stream, page.after, page.limit, PAGE_STORED_BYTES],
  );
  return rows.map((row) => ({
    key: row['key'] as string,
    version: Number(row['version']),
    emittedAt: row['emitted_at'] as Date,
    dataText: row['data'] as string,
  }));
}

/** How many records of a stream are not deleted. */
export async function countRecords(db: Queryable, instanceId: string, stream: string): Promise<number> {
  const { rows } = await db.query(`select count(*) as n from records where connector_instance_id = $1 and stream = $2 and not deleted`, [
    instanceId,
    stream,
  ]);
  return Number(rows[0]?.['n'] ?? 0);
}

/** Streams of an instance that have a record, by name, each with the number of those that are not deleted. */
export async function listStreams(db: Queryable, instanceId: string): Promise<{ name: string; records: number }[]> {
  const { rows } = await db.query(
    `select stream, count(*) filter (where not deleted) as n from records where connector_instance_id = $1 group by stream order by stream`,
    [instanceId],
  );
  return rows.map((row) => ({ name: row['stream'] as string, records: Number(row['n']) }));
}
