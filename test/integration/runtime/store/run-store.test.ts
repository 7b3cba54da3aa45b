import { afterAll, beforeAll } from '@jest/globals';
import { createCheckpointStore } from '../../../../runtime/store/postgres/checkpoint-store.ts';
import { createRunJournal } from '../../../../runtime/store/postgres/journal/run-journal.ts';
import { defaultPatience } from '../../../../runtime/store/postgres/patience.ts';
import { createRunQueue } from '../../../../runtime/store/postgres/queue/run-queue.ts';
import { createRecordSink } from '../../../../runtime/store/postgres/records/record-sink.ts';
import { describeRunStore, type RunStoreHarness, type StoredFacts } from '../../../contract/run-store.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { fence, storeRun, storeRunOf } from '../../../gen/stored-run.ts';
import { readCursors, readFacts, readHistory, readRecords } from './stored-facts.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

describeRunStore('postgres', harness);

function harness(): RunStoreHarness {
  const { pool } = database;
  const patience = defaultPatience(() => 0);
  return {
    queue: createRunQueue(
      pool,
      { maxRuns: 1_000, maxRunsPerNamespace: 1_000, maxRunsPerType: 1_000, startDeadlineMs: 30_000 },
      { error: () => undefined },
    ),
    journal: createRunJournal(pool, patience),
    sink: createRecordSink(pool, patience),
    checkpoints: createCheckpointStore(pool, patience),
    pending: async () => {
      // Earlier tests of this file leave pending runs behind: a claim must find this one first.
      await pool.query(`update runs set state = 'cancelled', due_at = null where state = 'pending'`);
      return storeRun(pool);
    },
    running: () => storeRun(pool, { state: 'running' }),
    next: (key) => storeRunOf(pool, key.connectorInstanceId, { state: 'running' }),
    fence: (key) => fence(pool, key),
    requestCancel: async (key) => {
      await pool.query('update runs set cancel_requested_at = now() where run_id = $1', [key.runId]);
    },
    facts: (key): Promise<StoredFacts> => readFacts(pool, key),
    records: (key) => readRecords(pool, key),
    cursors: (key) => readCursors(pool, key),
    history: (key) => readHistory(pool, key),
  };
}
