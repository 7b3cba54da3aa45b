import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Fault } from '../../../../platform/errors.ts';
import type { RecordSink } from '../../../../runtime/apis/ports.ts';
import type { PackedRecord, RunKey } from '../../../../runtime/apis/run.ts';
import { type BatchLimits, defaultBatchLimits } from '../../../../runtime/ingest/batcher.ts';
import { IngestBudget } from '../../../../runtime/ingest/budget.ts';
import { Ingest } from '../../../../runtime/ingest/ingest.ts';

const key: RunKey = { connectorInstanceId: 'i', runId: 'r', attempt: 1, epoch: 1 };
const MIB = 2 ** 20;
const unavailable = new Fault({ reason: 'DatabaseUnavailable', message: 'gone' });

/** A sink whose flushes end when the test says so. It copies what it is given: the bytes are the batch's only until the flush ends. */
class SlowSink implements RecordSink {
  readonly memory = new Set<Buffer>();
  readonly calls: { keys: string[]; bodies: string[]; end: () => void; fail: (error: unknown) => void }[] = [];
  open = 0;
  mostOpen = 0;

  async flush(_: RunKey, records: readonly PackedRecord[]): Promise<{ written: number }> {
    this.open++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    for (const { bytes: slab } of records) this.memory.add(slab);
    const bodies = records.map(({ bytes, start, end }) => bytes.toString('utf8', start, end));
    this.calls.push({ keys: records.map((record) => record.key), bodies, end: resolve, fail: reject });
    await promise.finally(() => this.open--);
    return { written: records.length };
  }
}

/** Ends its flushes by itself, later. */
class SleepySink extends SlowSink {
  override flush(run: RunKey, records: readonly PackedRecord[]): Promise<{ written: number }> {
    const flushing = super.flush(run, records);
    const call = this.calls.at(-1);
    setImmediate(() => setImmediate(() => call?.end()));
    return flushing;
  }
}

const record = (n: number, dataText = `{"n":${n}}`) => ({ stream: 's', key: `k${n}`, deleted: false, emittedAt: 'now', dataText });

function open(sink: RecordSink, mods: Partial<BatchLimits> = {}, budget = new IngestBudget(64 * MIB)): Ingest {
  return new Ingest({ sink, budget, key, limits: { ...defaultBatchLimits, ...mods } });
}

/** Lets everything that is ready happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Whether a promise has ended by now. */
async function ended(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  void promise.then(
    () => (over = true),
    () => (over = true),
  );
  await settle();
  return over;
}

describe('batches', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('close at their number of rows, at their bytes, or after their delay', () => {
    const sink = new SlowSink();
    const byRows = open(sink, { maxRows: 2 });
    for (let n = 0; n < 5; n++) void byRows.write(record(n), 10);
    expect(sink.calls.map(({ keys }) => keys)).toEqual([
      ['k0', 'k1'],
      ['k2', 'k3'],
    ]);
    jest.advanceTimersByTime(999);
    sink.calls[0]?.end();
    expect(sink.calls).toHaveLength(2);
    const byBytes = open(sink, { maxBytes: 1_000 });
    void byBytes.write(record(7), 100);
    void byBytes.write(record(8), 700);
    expect(sink.calls[2]?.keys).toEqual(['k7', 'k8']);
    const byDelay = open(sink);
    void byDelay.write(record(9), 10);
    jest.advanceTimersByTime(defaultBatchLimits.maxDelayMs - 1);
    expect(sink.calls).toHaveLength(3);
    jest.advanceTimersByTime(1);
    expect(sink.calls.at(-1)?.keys).toEqual(['k9']);
  });

  it('are closed by no barrier: it waits for the open batch', async () => {
    const sink = new SlowSink();
    const ingest = open(sink);
    void ingest.write(record(1), 10);
    const barrier = ingest.barrier();
    await expect(ended(barrier)).resolves.toBe(false);
    expect(sink.calls).toHaveLength(0);
    jest.advanceTimersByTime(1_000);
    await expect(ended(barrier)).resolves.toBe(false);
    sink.calls[0]?.end();
    await barrier;
    await ingest.barrier();
    ingest.abort();
  });
});

describe('barriers', () => {
  it('[PROTO-18, RT-3.R1] wait for all records before them and for none after', async () => {
    const sink = new SlowSink();
    const ingest = open(sink, { maxRows: 2 });
    for (let n = 0; n < 3; n++) void ingest.write(record(n), 10);
    const first = ingest.barrier();
    for (let n = 3; n < 8; n++) void ingest.write(record(n), 10);
    const second = ingest.barrier();
    sink.calls[1]?.end();
    await expect(ended(first)).resolves.toBe(false);
    sink.calls[0]?.end();
    await first;
    await expect(ended(second)).resolves.toBe(false);
    const closing = ingest.close();
    for (let at = 2; at < 4; at++) {
      sink.calls[at]?.end();
      await settle();
    }
    await Promise.all([second, closing]);
    expect(sink.calls.flatMap(({ keys }) => keys)).toEqual(Array.from({ length: 8 }, (_, n) => `k${n}`));
    expect(sink.mostOpen).toBe(2);
    expect(ingest.written).toBe(8);
  });

  it('resolve at once when nothing was written', async () => {
    await open(new SlowSink()).barrier();
  });
});

describe('back-pressure', () => {
  it('[PROTO-10] holds the reader back while a slow store is behind: nothing lost, memory bounded', async () => {
    const sink = new SleepySink();
    const budget = new IngestBudget(64 * 1_024);
    const ingest = open(sink, { maxRows: 20 }, budget);
    const body = `{"text":"${'x'.repeat(990)}"}`;
    let waits = 0;
    let most = 0;
    for (let n = 0; n < 5_000; n++) {
      const room = ingest.write(record(n, body), 1_000);
      most = Math.max(most, budget.usedBytes);
      if (room !== undefined) waits++;
      await room;
    }
    await ingest.close();
    expect(sink.calls.flatMap(({ keys }) => keys)).toEqual(Array.from({ length: 5_000 }, (_, n) => `k${n}`));
    expect(sink.calls.flatMap(({ bodies }) => bodies).every((text) => text === body)).toBe(true);
    expect(waits).toBeGreaterThan(100);
    // 5 MB went through; what held them was used again.
    expect(sink.memory.size).toBeLessThan(10);
    expect(most).toBeLessThan(66 * 1_024);
    expect(budget.usedBytes).toBe(0);
  });

  it('writes the open batch when its reader waits for nothing else', async () => {
    const sink = new SlowSink();
    const ingest = open(sink, {}, new IngestBudget(1_000));
    const room = ingest.write(record(1), 5_000);
    expect(sink.calls[0]?.keys).toEqual(['k1']);
    sink.calls[0]?.end();
    await room;
    ingest.abort();
  });

  it('writes the batch that was open when the last flush ended without making room', async () => {
    const sink = new SlowSink();
    const budget = new IngestBudget(4_000);
    const ingest = open(sink, { maxRows: 1_000 }, budget);
    const other = budget.open();
    void other.take(3_000);
    const first = ingest.write(record(1), 900);
    const second = ingest.write(record(2), 1_500);
    expect(sink.calls.map(({ keys }) => keys)).toEqual([['k1']]);
    sink.calls[0]?.end();
    await settle();
    expect(sink.calls.map(({ keys }) => keys)).toEqual([['k1'], ['k2']]);
    sink.calls[1]?.end();
    await Promise.all([first, second]);
    ingest.abort();
  });
});

describe('failures', () => {
  it('are told by the barrier, by the next write and by close, and free the budget', async () => {
    const sink = new SlowSink();
    const budget = new IngestBudget(64 * MIB);
    const ingest = open(sink, { maxRows: 1 }, budget);
    for (let n = 0; n < 4; n++) void ingest.write(record(n), 10);
    const barrier = ingest.barrier();
    sink.calls[0]?.fail(unavailable);
    await expect(barrier).rejects.toBe(unavailable);
    expect(() => ingest.write(record(9), 10)).toThrow(unavailable);
    sink.calls[1]?.end();
    await expect(ingest.close()).rejects.toBe(unavailable);
    expect(sink.calls).toHaveLength(2);
    expect(ingest.abort()).toBe(3);
    expect(budget.usedBytes).toBe(0);
  });

  it('let a reader that waits go on', async () => {
    const sink = new SlowSink();
    const ingest = open(sink, {}, new IngestBudget(100));
    const room = ingest.write(record(1), 5_000);
    sink.calls[0]?.fail(unavailable);
    await room;
    expect(() => ingest.write(record(2), 1)).toThrow(unavailable);
  });

  it('nobody asks about crash nothing', async () => {
    const sink = new SlowSink();
    const ingest = open(sink, { maxRows: 2 });
    void ingest.write(record(1), 10);
    void ingest.barrier();
    void ingest.write(record(2), 10);
    sink.calls[0]?.fail(unavailable);
    await settle();
  });
});

describe('abort', () => {
  it('tells how many records never reached a flush, and ends their barriers', async () => {
    const sink = new SlowSink();
    const budget = new IngestBudget(64 * MIB);
    const ingest = open(sink, { maxRows: 2 }, budget);
    for (let n = 0; n < 7; n++) void ingest.write(record(n), 10);
    const barrier = ingest.barrier();
    barrier.catch(() => undefined);
    expect(ingest.abort()).toBe(3);
    expect(ingest.abort()).toBe(3);
    await expect(barrier).rejects.toThrow('the run was ended');
    expect(budget.usedBytes).toBe(0);
    for (const call of sink.calls) call.end();
    await settle();
    expect(budget.usedBytes).toBe(0);
  });

  it('after close has nothing to tell', async () => {
    const sink = new SleepySink();
    const ingest = open(sink);
    void ingest.write(record(1), 10);
    await ingest.close();
    expect(ingest.abort()).toBe(0);
  });
});
