import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Fault } from '../../../../platform/errors.ts';
import { openPool, type Session, withTransaction } from '../../../../platform/postgres/connect.ts';
import type { AttemptOutcome } from '../../../../runtime/apis/run.ts';
import { createCheckpointStore } from '../../../../runtime/store/postgres/checkpoint-store.ts';
import { createRunJournal } from '../../../../runtime/store/postgres/journal/run-journal.ts';
import type { Patience } from '../../../../runtime/store/postgres/patience.ts';
import { createRecordSink } from '../../../../runtime/store/postgres/records/record-sink.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { packed } from '../../../gen/packed-record.ts';
import { storeRun } from '../../../gen/stored-run.ts';
import { readFacts, readHistory, readRecords } from './stored-facts.ts';

const patience: Patience = { tries: 50, backoff: { initialMs: 1, maxMs: 20 }, random: () => 0 };
const outcome: AttemptOutcome = {
  state: 'failed',
  reason: 'DatabaseUnavailable',
  message: null,
  failureClass: 'transient',
  retryable: true,
  retryAfterMs: null,
  recordsEmitted: 0,
  streams: [],
  checkpoint: { commit_status: 'not_committed', staged: 0, committed: 0, streams: [] },
  knownGaps: [],
  violation: null,
  connectorError: null,
};
const failed = { type: 'run.failed', data: {} };

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** Carries every statement out and then loses its answer, once a statement. */
function forgetful(): Session {
  const answered = new Set<string>();
  return {
    async query(statement: unknown, values?: readonly unknown[]) {
      const answer = await database.pool.query(statement as string, values);
      const text = String(statement);
      if (answered.has(text)) return answer as never;
      answered.add(text);
      throw new Fault({ reason: 'DatabaseUnavailable', message: 'the answer was lost' });
    },
  };
}

describe('a lost answer', () => {
  it('leaves one event of each append, and one of each milestone', async () => {
    const key = await storeRun(database.pool, { state: 'starting' });
    const journal = createRunJournal(forgetful(), patience);
    await journal.begin(key, { type: 'run.started', data: {} });
    await journal.append(key, [
      { type: 'run.state_staged', data: { n: 1 } },
      { type: 'run.state_staged', data: { n: 2 } },
    ]);
    await journal.saveLog(key, { text: 'log', bytesObserved: 3 });
    await expect(journal.beginCommit(key)).resolves.toBe(true);
    await expect(journal.finish(key, outcome, failed, null)).resolves.toBe('failed');
    const facts = await readFacts(database.pool, key);
    expect(facts.events.map(({ type }) => type)).toEqual(['run.started', 'run.state_staged', 'run.state_staged', 'run.failed']);
    expect(facts).toMatchObject({ state: 'failed', leaseRunId: null, leaseEpoch: key.epoch });
  });

  it('gives one retry, not two', async () => {
    const key = await storeRun(database.pool, { state: 'running' });
    await expect(createRunJournal(forgetful(), patience).finish(key, outcome, failed, { delayMs: 5 })).resolves.toBe('pending');
    await expect(readFacts(database.pool, key)).resolves.toMatchObject({ state: 'pending', attempt: 2, epoch: 2, leaseEpoch: 2 });
  });

  it('commits a cursor once', async () => {
    const key = await storeRun(database.pool, { state: 'running' });
    const store = createCheckpointStore(forgetful(), patience);
    await store.commit(key, { stream: 'items', cursorText: '{"n":1}' }, { type: 'run.state_committed', data: {} });
    await expect(store.load(key)).resolves.toEqual([{ stream: 'items', cursorText: '{"n":1}' }]);
    expect((await readFacts(database.pool, key)).events).toHaveLength(1);
  });

  it('writes a batch once: no version, no history for the repeat', async () => {
    const key = await storeRun(database.pool, { state: 'running' });
    await createRecordSink(database.pool, patience).flush(key, [packed('a', '{"v":0}')]);
    await createRecordSink(forgetful(), patience).flush(key, [packed('a', '{"v":1}')]);
    await expect(readRecords(database.pool, key)).resolves.toMatchObject([{ data: '{"v":1}', version: 2 }]);
    await expect(readHistory(database.pool, key)).resolves.toMatchObject([{ data: '{"v":0}', version: 1, supersededBy: 2 }]);
  });
});

describe('a repeat beside its first try', () => {
  it('notices that the first try, still under way on a lost connection, has written the batch', async () => {
    const key = await storeRun(database.pool, { state: 'running' });
    const sink = createRecordSink(database.pool, patience);
    await sink.flush(key, [packed('a', '{"v":0}')]);
    const flushed = await withTransaction(database.pool, async (first) => {
      await createRecordSink(first, patience).flush(key, [packed('a', '{"v":1}'), packed('b', '{"v":1}')]);
      const repeat = sink.flush(key, [packed('a', '{"v":1}'), packed('b', '{"v":1}')]);
      while (
        (await database.pool.query(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`))
          .rowCount === 0
      );
      return { repeat };
    });
    await expect(flushed.repeat).resolves.toEqual({ written: 0 });
    await expect(readHistory(database.pool, key)).resolves.toHaveLength(1);
    expect((await readRecords(database.pool, key)).map(({ version }) => version)).toEqual([2, 3]);
  });
});

describe('broken connections', () => {
  it('does not lose or double a record while sessions are terminated under it', async () => {
    const key = await storeRun(database.pool, { state: 'running' });
    const pool = openPool(database.url, { name: 'victim', max: 2 });
    const sink = createRecordSink(pool, patience);
    const batches = Array.from({ length: 60 }, (_, n) => Array.from({ length: 50 }, (__, m) => packed(`k${n}-${m}`, `{"n":${n}}`)));
    let done = false;
    const killing = (async () => {
      while (!done) await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`);
    })();
    const writing = (async () => {
      for (let n = 0; n < batches.length; n += 2) await Promise.all(batches.slice(n, n + 2).map((batch) => sink.flush(key, batch)));
    })();
    // Terminating for as long as the writer writes would outlast any patience: half a second of it is enough.
    await Promise.race([writing, new Promise((resolve) => setTimeout(resolve, 500))]);
    done = true;
    await killing;
    await writing;
    await pool.end();
    const records = await readRecords(database.pool, key);
    expect(records).toHaveLength(3_000);
    expect(records.toSorted((a, b) => a.version - b.version).map((record) => record.key)).toEqual(
      batches.flat().map((record) => record.key),
    );
    await expect(readHistory(database.pool, key)).resolves.toEqual([]);
  });

  it('throws DatabaseUnavailable when patience ends', async () => {
    const key = await storeRun(database.pool, { state: 'running' });
    const nowhere = openPool('postgres://nobody@127.0.0.1:1/none', { name: 'nowhere', max: 1 });
    const brief: Patience = { tries: 3, backoff: { initialMs: 1, maxMs: 2 }, random: () => 0 };
    const unavailable = expect.objectContaining({ reason: 'DatabaseUnavailable', disposition: { kind: 'retry' } });
    await expect(createRecordSink(nowhere, brief).flush(key, [packed('a', '{}')])).rejects.toEqual(unavailable);
    await expect(createRunJournal(nowhere, brief).beginCommit(key)).rejects.toEqual(unavailable);
    await nowhere.end();
  });

  it('calls a lock that is never given DatabaseUnavailable too', async () => {
    const key = await storeRun(database.pool, { state: 'running' });
    const impatient = openPool(database.url, { name: 'impatient', max: 1, lockTimeoutMs: 20 });
    const brief: Patience = { tries: 2, backoff: { initialMs: 1, maxMs: 2 }, random: () => 0 };
    await withTransaction(database.pool, async (holder) => {
      await holder.query('select from instance_leases where connector_instance_id = $1 for update', [key.connectorInstanceId]);
      await expect(createRecordSink(impatient, brief).flush(key, [packed('a', '{}')])).rejects.toMatchObject({
        reason: 'DatabaseUnavailable',
      });
    });
    await impatient.end();
  });
});
