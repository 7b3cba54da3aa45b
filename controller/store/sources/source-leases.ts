import { apiError } from '../../apis/errors.ts';
import type { Queryable } from '../queryable.ts';

/** Who holds a source, as far as the database knows. */
export interface SourceLease {
  readonly epoch: number;
  /** Null: nobody. */
  readonly processId: string | null;
}

/** The lease of a source; null before it was ever taken. */
export async function readSourceLease(db: Queryable, source: string): Promise<SourceLease | null> {
  const { rows } = await db.query(`select epoch, process_id from source_leases where source = $1`, [source]);
  return rows[0] === undefined ? null : { epoch: Number(rows[0]['epoch']), processId: rows[0]['process_id'] as string | null };
}

/**
 * Takes a source that nobody holds, or that `seen` holds: the caller has found out that this holder is lost. Compares and sets, so of two
 * takers one wins. Returns the new epoch, or null when the lease is no longer as it was seen.
 */
export async function takeSourceLease(db: Queryable, source: string, processId: string, seen: SourceLease | null): Promise<number | null> {
  const { rows } = await db.query(
    `insert into source_leases as l (source, epoch, process_id) values ($1, 1, $2)
     on conflict (source) do update set epoch = l.epoch + 1, process_id = $2
       where l.epoch = $3 and l.process_id is not distinct from $4
     returning epoch`,
    [source, processId, seen?.epoch ?? null, seen?.processId ?? null],
  );
  return rows[0] === undefined ? null : Number(rows[0]['epoch']);
}

/** Gives a source back in order; a lease that changed hands stays as it is. */
export async function releaseSourceLease(db: Queryable, source: string, processId: string, epoch: number): Promise<void> {
  await db.query(`update source_leases set process_id = null where source = $1 and process_id = $2 and epoch = $3`, [
    source,
    processId,
    epoch,
  ]);
}

/**
 * Begins a fenced transaction: the source's lease, or for uploads (epoch null) the source itself, is locked against a change of hands
 * until the commit. Throws `SourceLeaseLost` (stall) when the epoch is not in force.
 */
export async function fenceSource(tx: Queryable, source: string, epoch: number | null): Promise<void> {
  const { rows } = await tx.query(
    epoch === null
      ? `select 1 from sources where name = $1 and kind = 'upload' for key share`
      : `select 1 from source_leases where source = $1 and epoch = $2 for share`,
    epoch === null ? [source] : [source, epoch],
  );
  if (rows.length === 0) throw apiError('SourceLeaseLost', { source });
}
