import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { leftovers } from './harness/final-facts.ts';
import { connectorsOf, runtimesOf, signal } from './harness/processes.ts';
import type { ServeProcess } from './harness/serve-process.ts';
import { SharedDatabase } from './harness/shared-database.ts';
import { illegalMoves, lastWrite, watchWriters, writesSince } from './harness/transitions.ts';
import { until } from './harness/until.ts';

/** An observer needs 30 s of silence, then fences; 20 s later the run is tried again. */
const FENCED_MS = 60_000;
const RETRIED_MS = 90_000;
const STEADY = '1000000 0.2';
const linuxOnly = process.platform === 'linux' ? describe : describe.skip;

/** A runtime that is to be stopped, and the run that it holds. */
interface Held {
  readonly serve: ServeProcess;
  readonly pid: number;
  readonly processId: string;
  readonly instance: string;
  readonly run: string;
  readonly epoch: number;
}

linuxOnly('a runtime that is stopped past its lease and woken', () => {
  let shared: SharedDatabase;
  let idle: Held;
  let flushing: Held;

  const what = (): string => shared.serves.map(({ log }) => log.slice(-3_000)).join('\n--- the next\n');
  const one = async (text: string, values: unknown[] = []): Promise<Record<string, unknown> | undefined> =>
    (await shared.pool.query(text, values)).rows[0];

  async function heldBy(serve: ServeProcess): Promise<Held> {
    const [pid] = runtimesOf(serve.options.dataFolder) as [number];
    const row = await until(
      () =>
        one(
          `select r.process_id, r.connector_instance_id as instance, r.run_id, r.epoch from runs r join process_beats b using (process_id)
            where b.pid = $1 and r.state = 'running' and exists (select from records c where c.connector_instance_id = r.connector_instance_id)`,
          [pid],
        ),
      { forMs: 30_000, what },
    );
    const [processId, instance, run] = [row['process_id'], row['instance'], row['run_id']] as [string, string, string];
    return { serve, pid, processId, instance, run, epoch: Number(row['epoch']) };
  }

  beforeAll(async () => {
    shared = await SharedDatabase.open(STEADY);
    const full = { CONNECTOR_RUNTIME_SLOTS: '1' };
    const stopped = [await shared.start('first', full), await shared.start('second', full)];
    await watchWriters(shared.pool);
    const connector = { type: 'chaos-counter', config: { total: 1_000_000 }, every: '1s' } as const;
    shared.place.declare([
      { name: 'left', ...connector },
      { name: 'right', ...connector, checkpointPolicy: 'Incremental' },
    ]);
    [idle, flushing] = (await Promise.all(stopped.map(heldBy))) as [Held, Held];
    await shared.start('third');

    // One of the two is stopped inside a flush: its statement holds the lease and waits for a row that we hold.
    const blocker = await shared.pool.connect();
    try {
      await blocker.query('begin');
      await blocker.query('select from stream_versions where connector_instance_id = $1 for update', [flushing.instance]);
      await until(
        () =>
          one(`select 1 from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'`, [
            `cc-runtime-${flushing.processId}`,
          ]),
        { forMs: 30_000, everyMs: 20, what },
      );
      for (const { pid } of [idle, flushing]) signal(pid, 'SIGSTOP');
      for (const { instance, epoch } of [idle, flushing]) {
        const fenced = `select 1 from instance_leases where connector_instance_id = $1 and epoch > $2`;
        await until(() => one(fenced, [instance, epoch]), { forMs: FENCED_MS, what });
      }
    } finally {
      await blocker.query('rollback');
      blocker.release();
    }
  }, 240_000);
  afterAll(async () => {
    for (const { pid } of [idle, flushing]) signal(pid, 'SIGCONT');
    await shared.close();
  }, 120_000);

  test('[RT-6.5] loses its runs to another one, which goes on under a higher epoch', async () => {
    for (const { run, epoch, processId } of [idle, flushing]) {
      const goesOn = `select 1 from runs where run_id = $1 and state = 'running' and epoch > $2 and attempt > 1 and process_id <> $3`;
      await until(() => one(goesOn, [run, epoch, processId]), { forMs: RETRIED_MS, what });
    }
    expect(await illegalMoves(shared.pool)).toEqual([]);
  }, 130_000);

  test('writes nothing after that, not even what it was about to, and its connectors are ended', async () => {
    const last = await lastWrite(shared.pool);
    expect(connectorsOf(idle.serve.options.dataFolder).length).toBeGreaterThan(0);
    for (const { pid } of [idle, flushing]) signal(pid, 'SIGCONT');
    for (const { serve } of [idle, flushing]) {
      await until(async () => connectorsOf(serve.options.dataFolder).length === 0, { forMs: 30_000, what });
    }
    // They beat again, so they are awake; every patience of theirs that could end in a write is over soon.
    const beats = async (): Promise<number> =>
      Number(
        (
          await one(`select sum(beat) as beats from process_beats where process_id = any ($1::uuid[])`, [
            [idle.processId, flushing.processId],
          ])
        )?.['beats'],
      );
    const before = await beats();
    await until(async () => (await beats()) >= before + 6, { forMs: 60_000, what });
    await sleep(2_000);
    expect(await writesSince(shared.pool, last, [idle.processId, flushing.processId])).toEqual([]);
    // Meanwhile the other one did write.
    expect(await lastWrite(shared.pool)).toBeGreaterThan(last);
    expect(await illegalMoves(shared.pool)).toEqual([]);
  }, 130_000);

  test('leaves nothing behind', async () => {
    expect(await leftoversAtRest()).toEqual([]);
  }, 60_000);

  /** The runs go on; what is in flight is no leftover. */
  async function leftoversAtRest(): Promise<string[]> {
    return (await leftovers(shared.pool)).filter((line) => !/^a run is neither.* (starting|running)$/.test(line));
  }
});
