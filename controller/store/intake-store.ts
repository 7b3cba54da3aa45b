import type { IntakeStore, IntakeWrites, WrittenSpec } from '../apis/ports.ts';
import { appendAudit } from './audit.ts';
import type { Database, Queryable } from './queryable.ts';
import { fenceSource } from './sources/source-leases.ts';
import { readSource, updateSource } from './sources/sources.ts';
import { readRecorded, readRetained, readSameOwnerName } from './specs/read-specs.ts';
import { saveRevisions } from './specs/revisions.ts';
import { insertSpecs, requestDeletion, updateSourceFacts, updateSpecs } from './specs/write-specs.ts';

/** Intake in PostgreSQL. */
export function createIntakeStore(db: Database): IntakeStore {
  return {
    async recorded(source, keys, wholeSource) {
      return { source: await readSource(db, source), specs: await readRecorded(db, source, keys, wholeSource) };
    },
    async claimsOf(candidates) {
      return { sameOwnerName: await readSameOwnerName(db, candidates), retained: await readRetained(db, candidates) };
    },
    write: (fence, writes) =>
      db.transaction(async (tx) => {
        await fenceSource(tx, fence.source, fence.epoch);
        return writeAll(tx, fence.source, writes);
      }),
  };
}

async function writeAll(tx: Queryable, source: string, writes: IntakeWrites): Promise<WrittenSpec[]> {
  const written = [
    ...(await insertSpecs(tx, writes.create)),
    ...(await updateSpecs(tx, writes.change)),
    ...(await requestDeletion(tx, writes.remove, writes.removedBy)),
  ];
  const keys = new Set(written.map(({ namespace, name }) => `${namespace}/${name}`));
  const went = ({ namespace, name }: { namespace?: string; name?: string }): boolean => keys.has(`${namespace}/${name}`);
  await saveRevisions(tx, writes.revisions.filter(went));
  await updateSourceFacts(tx, writes.facts);
  if (writes.source !== null) await updateSource(tx, source, writes.source);
  // What was not written because somebody else came first is not told as accepted.
  await appendAudit(
    tx,
    writes.audit.filter((event) => event.outcome !== 'accepted' || went(event)),
  );
  if (written.length + writes.facts.length > 0) await tx.query(`select pg_notify('specs_due', '')`);
  if (written.length > 0) await tx.query(`select pg_notify('specs_changed', '')`);
  return written;
}
