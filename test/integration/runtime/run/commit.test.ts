import { defaultBatchLimits } from '../../../../runtime/ingest/batcher.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Fault } from '../../../../platform/errors.ts';
import type { RecordSink } from '../../../../runtime/apis/ports.ts';
import type { RunKey } from '../../../../runtime/apis/run.ts';
import { IngestBudget } from '../../../../runtime/ingest/budget.ts';
import { Ingest } from '../../../../runtime/ingest/ingest.ts';
import { RunStop } from '../../../../runtime/run/run-stop.ts';
import type { RunParts } from '../../../../runtime/run/run-parts.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { type Executor, openExecutor, type RunRequest } from '../../../gen/executor.ts';
import { record, stream } from '../../../gen/protocol.ts';
import { fence } from '../../../gen/stored-run.ts';

let database: TestDatabase;
let executor: Executor;
beforeAll(async () => {
  database = await createDatabase();
  executor = await openExecutor(database.url);
});
afterAll(async () => {
  await executor.close();
  await database.drop();
});

const names = ['a', 'b', 'c'];
const three = { streams: names.map((name) => stream({ name })) };
const stored = names.flatMap((name) => [record({ stream: name }), { type: 'STATE', stream: name, cursor: { of: name } }]);
const done = { type: 'DONE', status: 'succeeded', records_emitted: 3 };
const failed = { ...done, status: 'failed', error: { code: 'stream_collection_failed', message: 'b did not answer', retryable: true } };
const skipped = { type: 'SKIP_RESULT', stream: 'b', reason: 'stream_collection_failed', message: 'no answer' };
const exitOne = 'read start; cat "$OUT"; exit 1';

/** Parts whose store tells what it is asked, in order, and may be told to fail. */
function watched(fail: (what: string, key: RunKey) => Promise<void> | void = () => undefined): {
  parts: Partial<RunParts>;
  asked: string[];
} {
  const { journal, checkpoints } = executor.parts;
  const asked: string[] = [];
  const note = async (what: string, key: RunKey): Promise<void> => {
    asked.push(what);
    await fail(what, key);
  };
  const parts: Partial<RunParts> = {
    openIngest: (key) => {
      // Only the end closes a batch here, however slow the machine is.
      const limits = { ...defaultBatchLimits, maxDelayMs: 60_000 };
      const ingest = new Ingest({ sink: executor.sink, budget: new IngestBudget(2 ** 24), key, limits });
      return {
        write: (message, bytes) => ingest.write(message, bytes),
        barrier: () => ingest.barrier(),
        abort: () => ingest.abort(),
        close: async () => {
          await note('flush', key);
          await ingest.close();
        },
      };
    },
    journal: {
      ...journal,
      append: async (key, events) => {
        for (const { type, data } of events) await note(typeof data['stream'] === 'string' ? `${type} ${data['stream']}` : type, key);
        await journal.append(key, events);
      },
      beginCommit: async (key) => {
        await note('begin commit', key);
        return journal.beginCommit(key);
      },
      finish: async (key, outcome, event, retry) => {
        await note(event.type, key);
        return journal.finish(key, outcome, event, retry);
      },
    },
    checkpoints: {
      load: (key) => checkpoints.load(key),
      commit: async (key, checkpoint, event) => {
        await note(`commit ${checkpoint.stream}`, key);
        await checkpoints.commit(key, checkpoint, event);
      },
    },
  };
  return { parts, asked };
}

describe('commits', () => {
  test('[RT-3.R1, PROTO-18, RT-4.2] come after batches, staging and the terminal check, in manifest order', async () => {
    const { parts, asked } = watched();
    const newer = { type: 'STATE', stream: 'a', cursor: { of: 'a', newer: true } };
    const ran = await executor.run({ type: three, output: [...stored, newer, done], parts });
    expect(ran.row.state).toBe('succeeded');
    const order = [...new Set(asked)];
    expect(order.indexOf('flush')).toBeLessThan(order.indexOf('run.state_staged a'));
    expect(order.slice(-5)).toEqual(['begin commit', 'commit a', 'commit b', 'commit c', 'run.completed']);
    expect(ran.cursors).toEqual({ a: '{"of":"a","newer":true}', b: '{"of":"b"}', c: '{"of":"c"}' });
    const staged = ran.events.filter(({ type }) => type === 'run.state_staged').map(({ data }) => data);
    expect(staged.map((data) => data['states_staged'])).toEqual([1, 2, 3, 3]);
    expect(staged[1]).toEqual({ stream: 'b', cursor: { of: 'b' }, checkpoint_mode: 'AtDone', state_commit_intent: true, states_staged: 2 });
  });

  test('[RT-3.R1, PROTO-18] follow cursors that were staged only when the records before them were stored', async () => {
    const { parts, asked } = watched();
    const slow: RecordSink = {
      flush: async (key, records) => {
        await sleep(100);
        const written = await executor.sink.flush(key, records);
        asked.push(`stored ${records.map(({ stream: name }) => name).join(' ')}`);
        return written;
      },
    };
    const limits = { maxRows: 1, maxBytes: 2 ** 20, maxDelayMs: 60_000 };
    const openIngest: RunParts['openIngest'] = (key) => new Ingest({ sink: slow, budget: new IngestBudget(2 ** 24), key, limits });
    // The sleep lets every cursor be staged before DONE makes all durable anyway.
    const script = 'read start; head -n 6 "$OUT"; sleep 1; tail -n 1 "$OUT"';
    const ran = await executor.run({ type: three, output: [...stored, done], script, parts: { ...parts, openIngest } });
    expect(ran.row.state).toBe('succeeded');
    for (const name of names) expect(asked.indexOf(`stored ${name}`)).toBeLessThan(asked.indexOf(`run.state_staged ${name}`));
  });

  test('[RT-3.3, PROTO-34] that fail half-way make the run fail, with totals, names and a gap', async () => {
    const { parts } = watched((what) => {
      if (what === 'commit b') throw new Fault({ reason: 'DatabaseUnavailable', message: 'away' });
    });
    const ran = await executor.run({ type: three, output: [...stored, done], parts });
    expect(ran.row).toMatchObject({ state: 'failed', reason: 'CommitFailed', failure_class: 'transient' });
    expect(ran.checkpoint).toMatchObject({
      commit_status: 'partial',
      staged: 3,
      committed: 1,
      streams: [
        { stream: 'a', result: 'committed' },
        { stream: 'b', result: 'failed' },
        { stream: 'c', result: 'failed' },
      ],
    });
    expect(ran.gaps).toMatchObject([{ reason: 'checkpoint_commit_failed', scope: { stream: 'b' }, details: { missing: ['b', 'c'] } }]);
    expect(ran.events.filter(({ type }) => type === 'run.state_committed').map(({ data }) => data['stream'])).toEqual(['a']);
    expect(ran.cursors).toEqual({ a: '{"of":"a"}' });
    expect(ran.records).toHaveLength(3);
  });

  test('[PROTO-31] of a certified failure leave the failed stream out, and the run stays failed', async () => {
    const ran = await executor.run({ type: three, output: [...stored, skipped, failed], script: exitOne });
    expect(ran.row).toMatchObject({ state: 'failed', reason: 'connector_reported_failed', failure_class: 'transient' });
    expect(ran.checkpoint).toMatchObject({ commit_status: 'partial', staged: 3, committed: 2 });
    expect(Object.keys(ran.cursors).toSorted()).toEqual(['a', 'c']);
    expect(ran.gaps).toMatchObject([
      { reason: 'stream_collection_failed' },
      { reason: 'stream_collection_failed', scope: { stream: 'b' } },
    ]);
  });

  const uncertified: readonly [title: string, output: readonly object[], script: string][] = [
    ['the code without a skip', [...stored, failed], exitOne],
    ['a skip without the code', [...stored, skipped, { ...failed, error: { message: 'm', retryable: false } }], exitOne],
    ['a skip that names no stream', [...stored, { ...skipped, stream: undefined }, failed], exitOne],
    ['DONE cancelled', [...stored, { ...done, status: 'cancelled' }], exitOne],
  ];
  test.each(uncertified)('[RT-3.1] are none for %s', async (_title, output, script) => {
    const ran = await executor.run({ type: three, output, script });
    expect(ran.cursors).toEqual({});
    expect(ran.checkpoint).toMatchObject({ commit_status: 'not_committed', staged: 3, committed: 0 });
    expect(ran.records).toHaveLength(3);
  });

  test('come during the run under the policy Incremental, and stay when it fails later', async () => {
    const spec: NonNullable<RunRequest['spec']> = { collection: { checkpointPolicy: 'Incremental' } };
    const script = 'read start; cat "$OUT"; sleep 0.5; kill -9 $$';
    const ran = await executor.run({ type: three, output: stored, spec, script });
    expect(ran.row).toMatchObject({ state: 'failed', reason: 'connector_exit_without_done' });
    expect(Object.keys(ran.cursors).toSorted()).toEqual(names);
    expect(ran.checkpoint).toMatchObject({ commit_status: 'committed', staged: 3, committed: 3 });
    const well = await executor.run({ type: three, output: [...stored, done], spec, instance: ran.key.connectorInstanceId });
    expect(well.row.state).toBe('succeeded');
    expect(well.checkpoint).toMatchObject({ staged: 3, committed: 3 });
    expect(well.events.filter(({ type }) => type === 'run.state_committed')).toHaveLength(3);
  });
});

describe('a fenced run', () => {
  const moments = ['flush', 'run.state_staged a', 'begin commit', 'commit b', 'run.completed'];
  test.each(moments)('[PROTO-38] whose epoch was raised before "%s" writes nothing from then on', async (moment) => {
    const { parts } = watched(async (what, key) => {
      if (what === moment) await fence(database.pool, key);
    });
    const ran = await executor.run({ type: three, output: [...stored, done], parts });
    // Nobody has settled it yet: that is the takeover's part.
    expect(ran.row).toMatchObject({ state: 'running', finished_at: null, reason: null });
    expect(ran.terminal).toEqual({ terminalEvents: 0 });
    expect(Object.keys(ran.cursors)).toEqual(moment === 'run.completed' ? names : moment === 'commit b' ? ['a'] : []);
    if (moment === 'flush') expect(ran.records).toEqual([]);
    expect(ran.alive).toEqual([]);
  });

  test('[PROTO-38] that is told so kills its connector at once and writes nothing', async () => {
    const stop = new RunStop();
    const { parts, asked } = watched((what) => {
      if (what === 'run.progress_reported') stop.stop('lost');
    });
    const output = [record({ stream: 'a' }), { type: 'PROGRESS', message: 'here' }];
    const ran = await executor.run({ type: three, output, script: 'trap "" TERM; read start; cat "$OUT"; sleep 60', stop, parts });
    expect(ran.row).toMatchObject({ state: 'running', finished_at: null });
    expect(asked).not.toContain('run.failed');
    expect(ran.alive).toEqual([]);
  });
});

describe('a cancel', () => {
  const certified = [...stored, skipped, failed];
  const recorded = async (key: RunKey): Promise<void> => {
    await database.pool.query('update runs set cancel_requested_at = now() where run_id = $1 and commit_started_at is null', [key.runId]);
  };

  test.each(['run.stream_skipped', 'flush', 'begin commit'])(
    '[PROTO-33] on record before "%s" wins over a certified DONE',
    async (moment) => {
      const { parts } = watched(async (what, key) => {
        if (what === moment) await recorded(key);
      });
      const ran = await executor.run({ type: three, output: certified, script: exitOne, parts });
      expect(ran.row).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
      expect(ran.cursors).toEqual({});
      expect(ran.events.filter(({ type }) => type === 'run.failed' || type === 'run.completed')).toHaveLength(1);
      expect(ran.terminal).toMatchObject({ terminal_reason: 'cancelled', checkpoint_status: 'not_committed' });
    },
  );

  test('[PROTO-33] that comes after commits began is too late', async () => {
    const { parts } = watched(async (what, key) => {
      if (what === 'commit a') await recorded(key);
    });
    const ran = await executor.run({ type: three, output: [...stored, done], parts });
    expect(ran.row).toMatchObject({ state: 'succeeded', cancel_requested_at: null });
  });

  test('[PROTO-33] ends a connector that ignores SIGTERM, and the dropped records are counted', async () => {
    const stop = new RunStop();
    const { parts } = watched((what) => {
      if (what === 'run.progress_reported') stop.stop('cancel');
    });
    const slow = {
      openIngest: (key: RunKey) => ({
        ...executor.parts.openIngest(key),
        write: () => undefined,
        barrier: () => Promise.resolve(),
        close: () => Promise.resolve(),
        abort: () => 7,
      }),
    };
    const output = [record({ stream: 'a' }), { type: 'PROGRESS', message: 'here' }];
    const script = 'trap "" TERM; read start; cat "$OUT"; sleep 60 & sleep 60; sleep 60';
    const ran = await executor.run({ type: three, output, script, stop, parts: { ...parts, ...slow } });
    expect(ran.row).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
    expect(ran.terminal).toMatchObject({ kill_escalated: true, orphans_killed: expect.any(Number), buffered_records_dropped: 7 });
    expect(ran.alive).toEqual([]);
  });

  test('[PROTO-33] on record wins over a violation too', async () => {
    const { parts } = watched(async (what, key) => {
      if (what === 'run.state_staged c') await recorded(key);
    });
    const ran = await executor.run({ type: three, output: [...stored, done, 'more'], parts });
    expect(ran.row).toMatchObject({ state: 'cancelled', reason: 'cancelled', violation: null });
  });
});
