import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { CheckpointStore, RecordSink, RunJournal, RunQueue } from '../../runtime/apis/ports.ts';
import type { AttemptOutcome, RunKey } from '../../runtime/apis/run.ts';
import { packed } from '../gen/packed-record.ts';

/** One run's rows, as tests look at them. */
export interface StoredFacts {
  readonly state: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly reason: string | null;
  readonly deadLettered: boolean;
  readonly leaseRunId: string | null;
  readonly leaseEpoch: number;
  readonly events: readonly { type: string; attempt: number; data: Record<string, unknown> }[];
  readonly attempts: readonly { attempt: number; state: string; reason: string | null }[];
  readonly log: string | null;
  /** Whether the controller was told to look at the connector again. */
  readonly told: boolean;
}

/** A stored record: its exact text and what else is kept of it. */
export interface StoredRecord {
  readonly stream: string;
  readonly key: string;
  readonly data: string | null;
  readonly deleted: boolean;
  readonly version: number;
}

/** An adapter of the run store with a window into what it stored. */
export interface RunStoreHarness {
  readonly queue: RunQueue;
  readonly journal: RunJournal;
  readonly sink: RecordSink;
  readonly checkpoints: CheckpointStore;
  /** A pending run of a connector of its own. */
  pending(): Promise<RunKey>;
  /** A run in state `running`. */
  running(): Promise<RunKey>;
  /** Another run of the same instance, after the first ended. */
  next(key: RunKey): Promise<RunKey>;
  fence(key: RunKey): Promise<void>;
  requestCancel(key: RunKey): Promise<void>;
  facts(key: RunKey): Promise<StoredFacts>;
  records(key: RunKey): Promise<StoredRecord[]>;
  /** Stored cursors of the instance by stream, whoever holds the lease. */
  cursors(key: RunKey): Promise<Record<string, string>>;
  history(key: RunKey): Promise<(StoredRecord & { supersededBy: number })[]>;
}

const success: AttemptOutcome = {
  state: 'succeeded',
  reason: null,
  message: null,
  failureClass: null,
  retryable: false,
  retryAfterMs: null,
  recordsEmitted: 3,
  streams: [{ name: 'items', records: 3 }],
  checkpoint: { commit_status: 'committed', staged: 1, committed: 1, streams: [{ stream: 'items', result: 'committed' }] },
  knownGaps: [],
  violation: null,
  connectorError: null,
};
const transient: AttemptOutcome = {
  ...success,
  state: 'failed',
  reason: 'RuntimeLost',
  message: 'lost',
  failureClass: 'transient',
  retryable: true,
};
const completed = { type: 'run.completed', data: { records_emitted: 3 } };
const failed = { type: 'run.failed', data: { terminal_reason: 'RuntimeLost' } };
const started = { type: 'run.started', data: { streams: ['items'] } };
const leaseLost = expect.objectContaining({ reason: 'LeaseLost', disposition: { kind: 'stall' } });

/** What every adapter of the run store must do. */
export function describeRunStore(name: string, open: () => RunStoreHarness): void {
  describe(`${name}: journal`, () => {
    it('begins a claimed run once: a repeat changes nothing', async () => {
      const store = open();
      await store.pending();
      const [run] = await store.queue.claim(randomUUID(), 100);
      if (run === undefined) throw new Error('nothing was claimed');
      await store.journal.begin(run, started);
      await store.journal.begin(run, started);
      const facts = await store.facts(run);
      expect(facts.state).toBe('running');
      expect(facts.events.map(({ type }) => type)).toEqual(['run.started']);
      expect(facts.attempts).toEqual([{ attempt: 1, state: 'running', reason: null }]);
    });

    it('refuses to begin a run that nobody claimed', async () => {
      const store = open();
      await expect(store.journal.begin(await store.pending(), started)).rejects.toMatchObject({ reason: 'IllegalTransition' });
    });

    it('[RT-4.2, RT-4.5] keeps events in the order in which they were appended', async () => {
      const store = open();
      const key = await store.running();
      await store.journal.append(
        key,
        [1, 2].map((n) => ({ type: 'run.state_staged', data: { states_staged: n } })),
      );
      await store.journal.append(key, [{ type: 'run.progress_reported', data: { count: 3 } }]);
      await store.journal.finish(key, success, completed, null);
      expect((await store.facts(key)).events.map(({ type, data }) => [type, data])).toEqual([
        ['run.state_staged', { states_staged: 1 }],
        ['run.state_staged', { states_staged: 2 }],
        ['run.progress_reported', { count: 3 }],
        ['run.completed', { records_emitted: 3 }],
      ]);
    });

    it('replaces the log of an attempt, and shows a NUL that no text column holds', async () => {
      const store = open();
      const key = await store.running();
      await store.journal.saveLog(key, { text: 'one\n', bytesObserved: 4 });
      await store.journal.saveLog(key, { text: 'one\ntwo\0\n', bytesObserved: 9 });
      expect((await store.facts(key)).log).toBe('one\ntwo\u2400\n');
    });

    it('[RT-4.5] ends a run with one terminal event, lets the lease go and tells the controller', async () => {
      const store = open();
      const key = await store.running();
      await expect(store.journal.finish(key, success, completed, null)).resolves.toBe('succeeded');
      expect(await store.facts(key)).toMatchObject({
        state: 'succeeded',
        attempt: 1,
        leaseRunId: null,
        leaseEpoch: key.epoch,
        deadLettered: false,
        told: true,
        events: [{ type: 'run.completed', attempt: 1 }],
        attempts: [{ attempt: 1, state: 'succeeded', reason: null }],
      });
    });

    it('[RT-4.5] goes back to pending under the next epoch for a retry, without a terminal event', async () => {
      const store = open();
      const key = await store.running();
      await expect(store.journal.finish(key, transient, failed, { delayMs: 60_000 })).resolves.toBe('pending');
      const facts = await store.facts(key);
      expect(facts).toMatchObject({ state: 'pending', attempt: 2, epoch: key.epoch + 1, leaseRunId: key.runId, leaseEpoch: key.epoch + 1 });
      expect(facts).toMatchObject({ deadLettered: false, told: true, attempts: [{ attempt: 1, state: 'failed', reason: 'RuntimeLost' }] });
      expect(facts.events.map(({ type }) => type)).toEqual(['run.attempt_failed']);
      await expect(store.journal.append(key, [completed])).rejects.toEqual(leaseLost);
    });

    it('sends the last retryable failure to the dead letters', async () => {
      const store = open();
      const key = await store.running();
      await store.journal.finish(key, transient, failed, null);
      expect(await store.facts(key)).toMatchObject({ state: 'failed', deadLettered: true, reason: 'RuntimeLost' });
    });

    it('ends a run as cancelled when the cancel came before its retry was written', async () => {
      const store = open();
      const key = await store.running();
      await store.requestCancel(key);
      await expect(store.journal.finish(key, transient, failed, { delayMs: 0 })).resolves.toBe('cancelled');
      const facts = await store.facts(key);
      expect(facts).toMatchObject({ state: 'cancelled', reason: 'cancelled', leaseRunId: null, deadLettered: false });
      expect(facts.events).toEqual([{ type: 'run.failed', attempt: 1, data: expect.objectContaining({ terminal_reason: 'cancelled' }) }]);
    });

    it('lets either the commit or a cancel win', async () => {
      const store = open();
      const first = await store.running();
      await expect(store.journal.beginCommit(first)).resolves.toBe(true);
      await expect(store.journal.beginCommit(first)).resolves.toBe(true);
      const second = await store.running();
      await store.requestCancel(second);
      await expect(store.journal.beginCommit(second)).resolves.toBe(false);
    });

    it('[PROTO-38] writes nothing under an old epoch', async () => {
      const store = open();
      const key = await store.running();
      await store.sink.flush(key, [packed('a', '{"id":"a"}')]);
      await store.checkpoints.commit(key, { stream: 'items', cursorText: '{"n":1}' }, { type: 'run.state_committed', data: {} });
      const [facts, records, cursors] = [await store.facts(key), await store.records(key), await store.cursors(key)];
      await store.fence(key);
      const writes = [
        () => store.sink.flush(key, [packed('b', '{"id":"b"}')]),
        () => store.journal.append(key, [{ type: 'run.state_staged', data: {} }]),
        () => store.journal.saveLog(key, { text: 'late', bytesObserved: 4 }),
        () => store.journal.beginCommit(key),
        () => store.checkpoints.load(key),
        () => store.checkpoints.commit(key, { stream: 'items', cursorText: '{"n":2}' }, { type: 'run.state_committed', data: {} }),
        () => store.checkpoints.commit(key, { stream: 'other', cursorText: '{}' }, { type: 'run.state_committed', data: {} }),
        () => store.checkpoints.commit(key, { stream: 'items', cursorText: 'null' }, { type: 'run.state_committed', data: {} }),
        () => store.journal.finish(key, success, completed, null),
        () => store.journal.finish(key, transient, failed, { delayMs: 0 }),
      ];
      for (const write of writes) await expect(write()).rejects.toEqual(leaseLost);
      expect(await store.facts(key)).toEqual({ ...facts, leaseEpoch: key.epoch + 1 });
      expect(await store.records(key)).toEqual(records);
      expect(await store.cursors(key)).toEqual(cursors);
      expect(cursors).toEqual({ items: '{"n":1}' });
    });
  });

  describe(`${name}: records`, () => {
    const texts = async (store: RunStoreHarness, key: RunKey) => (await store.records(key)).map((record) => [record.key, record.data]);

    it('[PROTO-9] gives back the bytes that were sent', async () => {
      const store = open();
      const key = await store.running();
      const bodies = [
        '{"n":9007199254740993,"d":0.123456789012345678901234567890}',
        '{ "a" : 1.0 ,\t"a":1e2, "u":"\\u00e9\u2028é😀" }',
        '{"big":1E+400,"neg":-0}',
      ];
      await store.sink.flush(
        key,
        bodies.map((body, at) => packed(`k${at}`, body)),
      );
      expect(await texts(store, key)).toEqual(bodies.map((body, at) => [`k${at}`, body]));
    });

    it('keeps superseded bodies, and writes nothing for what is unchanged', async () => {
      const store = open();
      const key = await store.running();
      await expect(store.sink.flush(key, [packed('a', '{"v":1}'), packed('b', '{"v":1}')])).resolves.toEqual({ written: 2 });
      const before = await store.records(key);
      const later = { emittedAt: '2027-01-01T00:00:00Z' };
      await expect(store.sink.flush(key, [packed('a', '{"v":1}', later)])).resolves.toEqual({ written: 0 });
      expect(await store.records(key)).toEqual(before);
      await expect(store.sink.flush(key, [packed('a', '{"v":1}', later), packed('b', '{"v":2}', later)])).resolves.toEqual({ written: 1 });
      const [a, b] = await store.records(key);
      expect(a).toEqual(before[0]);
      expect(b).toMatchObject({ key: 'b', data: '{"v":2}' });
      expect(b?.version).toBeGreaterThan(before[1]?.version ?? 0);
      expect(await store.history(key)).toEqual([{ ...before[1], supersededBy: b?.version }]);
    });

    it('treats another spelling of the same value as a change: bytes are what is kept', async () => {
      const store = open();
      const key = await store.running();
      await store.sink.flush(key, [packed('a', '{"v":1}')]);
      await expect(store.sink.flush(key, [packed('a', '{"v":1.0}')])).resolves.toEqual({ written: 1 });
    });

    it('lets the last of equal keys in a batch win', async () => {
      const store = open();
      const key = await store.running();
      const batch = [packed('a', '{"v":1}'), packed('b', '{"v":1}'), packed('a', '{"v":2}')];
      await expect(store.sink.flush(key, batch)).resolves.toEqual({ written: 2 });
      expect((await store.records(key)).map(({ key: k, data, version }) => [k, data, version])).toEqual([
        ['a', '{"v":2}', 2],
        ['b', '{"v":1}', 1],
      ]);
      expect(await store.history(key)).toEqual([]);
    });

    it('turns a delete into a tombstone, ignores one of an unknown key, and takes a deleted key up again', async () => {
      const store = open();
      const key = await store.running();
      await store.sink.flush(key, [packed('a', '{"v":1}')]);
      await expect(store.sink.flush(key, [packed('a', null), packed('never', null)])).resolves.toEqual({ written: 1 });
      expect(await store.records(key)).toMatchObject([{ key: 'a', data: null, deleted: true }]);
      expect(await store.history(key)).toMatchObject([{ key: 'a', data: '{"v":1}', deleted: false }]);
      await expect(store.sink.flush(key, [packed('a', null)])).resolves.toEqual({ written: 0 });
      await expect(store.sink.flush(key, [packed('a', '{"v":1}')])).resolves.toEqual({ written: 1 });
      expect(await store.records(key)).toMatchObject([{ key: 'a', data: '{"v":1}', deleted: false }]);
    });

    it('counts versions by stream, also for several streams in one batch', async () => {
      const store = open();
      const key = await store.running();
      const other = { stream: 'other' };
      await store.sink.flush(key, [packed('a', '{"v":1}'), packed('a', '{"v":1}', other), packed('b', '{"v":1}')]);
      await store.sink.flush(key, [packed('a', '{"v":2}', other)]);
      const records = await store.records(key);
      expect(records.map(({ stream, key: k, data }) => [stream, k, data])).toEqual([
        ['items', 'a', '{"v":1}'],
        ['items', 'b', '{"v":1}'],
        ['other', 'a', '{"v":2}'],
      ]);
      expect(records[1]?.version).toBeGreaterThan(records[0]?.version ?? 0);
    });

    it('[CI-4.1] keeps equal keys of two instances apart', async () => {
      const store = open();
      const [one, two] = [await store.running(), await store.running()];
      await store.sink.flush(one, [packed('k', '{"of":1}')]);
      await store.sink.flush(two, [packed('k', '{"of":2}')]);
      await store.sink.flush(one, [packed('k', null)]);
      expect(await store.records(one)).toMatchObject([{ key: 'k', deleted: true }]);
      expect(await store.records(two)).toMatchObject([{ key: 'k', data: '{"of":2}', deleted: false, version: 1 }]);
    });

    it('takes batches in the order of calls, though they are written side by side', async () => {
      const store = open();
      const key = await store.running();
      const batches = Array.from({ length: 12 }, (_, n) => [packed(`k${n}`, `{"n":${n}}`), packed('same', `{"n":${n}}`)]);
      const disjoint = Array.from({ length: 12 }, (_, n) => [packed(`d${n}-0`, '{}'), packed(`d${n}-1`, '{}')]);
      await Promise.all([...disjoint, ...batches].map((batch) => store.sink.flush(key, batch)));
      const records = await store.records(key);
      const inOrder = records.filter(({ key: k }) => k.startsWith('d')).toSorted((x, y) => x.version - y.version);
      expect(inOrder.map((record) => record.key)).toEqual(disjoint.flat().map((record) => record.key));
      expect(records.find(({ key: k }) => k === 'same')?.data).toBe('{"n":11}');
      expect((await store.history(key)).map(({ data }) => data)).toEqual(Array.from({ length: 11 }, (_, n) => `{"n":${n}}`));
    });

    it('names the one record that cannot be stored, and keeps those before it', async () => {
      const store = open();
      const key = await store.running();
      const batch = Array.from({ length: 9 }, (_, n) => packed(`k${n}`, n === 6 ? '{"broken"' : '{}'));
      await expect(store.sink.flush(key, batch)).rejects.toMatchObject({
        reason: 'RecordUnstorable',
        disposition: { kind: 'stall' },
        details: { stream: 'items', key: 'k6' },
      });
      expect((await store.records(key)).map((record) => record.key)).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5']);
    });
  });

  describe(`${name}: checkpoints`, () => {
    const committed = { type: 'run.state_committed', data: { stream: 'items' } };

    it('[PROTO-9] gives back the bytes of a cursor; null clears it', async () => {
      const store = open();
      const key = await store.running();
      const cursorText = '{ "uid":9007199254740993, "d":0.123456789012345678901234567890 }';
      await expect(store.checkpoints.load(key)).resolves.toEqual([]);
      await store.checkpoints.commit(key, { stream: 'items', cursorText: '{"old":1}' }, committed);
      await store.checkpoints.commit(key, { stream: 'items', cursorText }, committed);
      await store.checkpoints.commit(key, { stream: 'gone', cursorText: '{}' }, committed);
      await store.checkpoints.commit(key, { stream: 'gone', cursorText: 'null' }, committed);
      await expect(store.checkpoints.load(key)).resolves.toEqual([{ stream: 'items', cursorText }]);
      expect((await store.facts(key)).events.map(({ type }) => type)).toEqual(Array.from({ length: 4 }, () => 'run.state_committed'));
    });

    it('[CI-4.2] keeps the cursors of two instances apart', async () => {
      const store = open();
      const [one, two] = [await store.running(), await store.running()];
      await store.checkpoints.commit(one, { stream: 'items', cursorText: '{"of":1}' }, committed);
      await expect(store.checkpoints.load(two)).resolves.toEqual([]);
      await store.checkpoints.commit(two, { stream: 'items', cursorText: '{"of":2}' }, committed);
      await expect(store.checkpoints.load(one)).resolves.toEqual([{ stream: 'items', cursorText: '{"of":1}' }]);
    });

    it('hands a cursor on to the next run of the instance', async () => {
      const store = open();
      const key = await store.running();
      await store.checkpoints.commit(key, { stream: 'items', cursorText: '{"n":1}' }, committed);
      await store.journal.finish(key, success, completed, null);
      const next = await store.next(key);
      await expect(store.checkpoints.load(next)).resolves.toEqual([{ stream: 'items', cursorText: '{"n":1}' }]);
      await expect(store.checkpoints.load(key)).rejects.toEqual(leaseLost);
    });
  });
}
