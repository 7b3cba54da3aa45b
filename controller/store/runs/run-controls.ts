import type { RunControls, RunRef, RunRequest, StartResult } from '../../apis/runs.ts';
import type { Database, Queryable } from '../queryable.ts';
import { cancelRunIn } from './cancel-run.ts';
import { makeInstancesDue } from './make-instances-due.ts';
import { asRunRows, runColumns } from './run-columns.ts';
import { startManualRun } from './start-run.ts';

/** Runs on request. Reconcile is told after the commit: inside, the wait for a spec that a pass holds would invite a deadlock. */
export function createRunControls(db: Database): RunControls {
  const told = async <T extends { outcome: string }>(instanceId: string, work: (tx: Queryable) => Promise<T>): Promise<T> => {
    const result = await db.transaction(work);
    if (['started', 'cancelled'].includes(result.outcome)) await makeInstancesDue(db, [instanceId]);
    return result;
  };
  return {
    start: (request) => told(request.instanceId, (tx) => startManualRun(tx, request)),
    cancel: (run, requestedBy) => told(run.instanceId, (tx) => cancelRunIn(tx, run, requestedBy)),
    replay: (letter, request) => told(letter.instanceId, (tx) => replayIn(tx, letter, request)),
    async deadLetters({ instanceId, limit, before }) {
      const { rows } = await db.query(
        `select ${runColumns} from runs r
          where r.dead_lettered_at is not null and ($1::uuid is null or r.connector_instance_id = $1)
            and ($2::timestamptz is null or r.dead_lettered_at < $2)
          order by r.dead_lettered_at desc, r.run_id desc limit $3`,
        [instanceId, before ?? null, limit],
      );
      return asRunRows(rows);
    },
  };
}

/** The letter is locked first: of two replays one starts a run, the other finds no letter. */
async function replayIn(tx: Queryable, letter: RunRef, request: RunRequest): Promise<StartResult | { outcome: 'not_dead_lettered' }> {
  const { rowCount } = await tx.query(
    'select 1 from runs where connector_instance_id = $1 and run_id = $2 and dead_lettered_at is not null for update',
    [letter.instanceId, letter.runId],
  );
  if ((rowCount ?? 0) === 0) return { outcome: 'not_dead_lettered' };
  const result = await startManualRun(tx, request);
  if (result.outcome === 'started') {
    await tx.query('update runs set dead_lettered_at = null where connector_instance_id = $1 and run_id = $2', [
      letter.instanceId,
      letter.runId,
    ]);
  }
  return result;
}
