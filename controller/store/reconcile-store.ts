import type { ReconcileStore, ReconcileUnit, ReconcileWriteResult, ReconcileWrites } from '../apis/ports.ts';
import { appendAudit } from './audit.ts';
import { observeRows } from './instances/observe-rows.ts';
import { removeSchedules, upsertSchedules } from './instances/schedule-fields.ts';
import { insertInstances, retireInstances, updateInstances, writePhases } from './instances/write-instances.ts';
import type { Database, Queryable } from './queryable.ts';
import { endWaitingRuns } from './runs/end-waiting-runs.ts';
import { claimDueSpecs, claimSpecs, makeSpecsDue, nextSpecDueInMs, recordRequest, requeueSpecs, settleSpecs } from './specs/claim-specs.ts';
import { readPrints, readSpecs } from './specs/read-specs.ts';
import { saveRevisions } from './specs/revisions.ts';
import { forgetSpecs } from './specs/write-specs.ts';

/** Reconciliation in PostgreSQL. */
export function createReconcileStore(db: Database): ReconcileStore {
  return {
    transaction: (work) => withoutJit(db, (tx) => work(unitOf(tx))),
    prints: (after, limit) => withoutJit(db, (tx) => readPrints(tx, after, limit)),
    read: (keys) => readSpecs(db, keys),
    observe: (specs) => withoutJit(db, (tx) => observeRows(tx, specs)),
    async makeDue(keys) {
      const made = await makeSpecsDue(db, keys);
      if (made > 0) await db.query(`select pg_notify('specs_due', '')`);
      return made;
    },
    recordRequest: (key, kind, handled) => recordRequest(db, key, kind, handled),
    nextDueInMs: () => nextSpecDueInMs(db),
  };
}

/**
 * The look at a batch is many small index lookups in one statement: the planner takes their sum for a long query and would compile it for
 * longer than it runs.
 */
function withoutJit<T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.query('set local jit = off');
    return work(tx);
  });
}

function unitOf(tx: Queryable): ReconcileUnit {
  return {
    claim: (which) => ('limit' in which ? claimDueSpecs(tx, which.limit) : claimSpecs(tx, which.keys)),
    observe: (specs) => observeRows(tx, specs),
    apply: (writes) => applyWrites(tx, writes),
    writePhases: (steps) => writePhases(tx, steps),
    async settle(settlements) {
      const told = settlements.filter((settlement) => settlement.spec !== null);
      await settleSpecs(tx, told);
      await requeueSpecs(
        tx,
        settlements.filter((settlement) => settlement.spec === null),
      );
      if (told.length > 0) await tx.query(`select pg_notify('specs_changed', '')`);
    },
  };
}

/** One statement a kind of change. Lock order: the claimed specs, then instances, leases, schedules. */
async function applyWrites(tx: Queryable, writes: ReconcileWrites): Promise<ReconcileWriteResult> {
  await saveRevisions(tx, writes.revisions);
  await insertInstances(tx, writes.insertInstances);
  await updateInstances(tx, writes.updateInstances);
  const retirementsHeld = await retireInstances(tx, writes.retireInstances);
  const schedulesMoved = await upsertSchedules(tx, writes.upsertSchedules);
  await removeSchedules(tx, writes.removeSchedules);
  await endStoppedRuns(tx, writes);
  const held = new Set(
    writes.retireInstances.filter((row) => retirementsHeld.has(row.instanceId)).map((row) => `${row.namespace}/${row.name}`),
  );
  const heldKey = ({ namespace, name }: { namespace?: string; name?: string }): boolean => held.has(`${namespace}/${name}`);
  await forgetSpecs(
    tx,
    writes.forgetSpecs.filter((key) => !heldKey(key)),
  );
  if (writes.forgetSpecs.length > held.size) await tx.query(`select pg_notify('specs_changed', '')`);
  await appendAudit(
    tx,
    writes.audit.filter((event) => !(event.action === 'connector.instance.uninstall' && heldKey(event))),
  );
  return { schedulesMoved, retirementsHeld };
}

/** Runs that still wait for an attempt end with what starts them: all of a disabled instance, the scheduled ones of a stopped schedule. */
async function endStoppedRuns(tx: Queryable, writes: ReconcileWrites): Promise<void> {
  const disabled = writes.updateInstances.filter(({ enabled }) => !enabled).map(({ instanceId }) => instanceId);
  const suspended = writes.upsertSchedules.filter((schedule) => schedule.suspended).map(({ instanceId }) => instanceId);
  await endWaitingRuns(tx, disabled, 'all', 'the connector was disabled');
  await endWaitingRuns(tx, [...suspended, ...writes.removeSchedules], 'scheduled', 'the schedule was suspended or removed');
}
