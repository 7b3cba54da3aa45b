import { Fault } from '../../../../platform/errors.ts';
import type { Session } from '../../../../platform/postgres/connect.ts';
import { SqlState, sqlStateOf } from '../../../../platform/postgres/sql-state.ts';
import type { RecordSink } from '../../../apis/ports.ts';
import type { PackedRecord, RunKey } from '../../../apis/run.ts';
import { type Patience, withPatience } from '../patience.ts';
import { type Batch, type Flight, FlushOrder } from './flush-order.ts';
import { type BatchResult, writeBatch } from './write-batch.ts';

/** Comparisons of one batch before other writers of its streams, who cannot be there under this lease, are a fault. */
const MAX_COMPARISONS = 10;
/** A record is named by this many characters of its key. */
const KEY_CHARS = 100;

type Written = Extract<BatchResult, { outcome: 'written' }>;

/** The adapter of `RecordSink`. Uses up to two connections a run. */
export function createRecordSink(db: Session, patience: Patience): RecordSink {
  const orders = new Map<string, FlushOrder>();
  return {
    async flush(key, records) {
      if (records.length === 0) return { written: 0 };
      const lane = `${key.runId} ${key.epoch}`;
      const order = orders.get(lane) ?? new FlushOrder();
      orders.set(lane, order);
      try {
        return await flushInOrder({ db, patience, order, key }, lastOfEqualKeys(records));
      } finally {
        if (order.idle) orders.delete(lane);
      }
    },
  };
}

interface Lane {
  readonly db: Session;
  readonly patience: Patience;
  readonly order: FlushOrder;
  readonly key: RunKey;
}

/** Of equal keys the last wins. The bodies before it never were current, so they leave no history. */
function lastOfEqualKeys(records: readonly PackedRecord[]): Batch {
  const stream = records[0]?.stream;
  const single = records.every((record) => record.stream === stream);
  const batch = new Map<string, PackedRecord>();
  for (const record of records) {
    const identity = single ? record.key : `${record.stream}\0${record.key}`;
    // Set anew, so that the place, and with it the version, is that of the last one.
    if (batch.has(identity)) batch.delete(identity);
    batch.set(identity, record);
  }
  return batch;
}

async function flushInOrder(lane: Lane, batch: Batch): Promise<{ written: number }> {
  return lane.order.run(batch, async (flight, before) => {
    const records = [...batch.values()];
    try {
      const result = await writeInTurn(lane, records, flight, before);
      noteVersions(lane.order, flight, result);
      return { written: result.changed };
    } catch (error) {
      if (!isAboutContent(error)) throw error;
      await before?.ended;
      return { written: await writeHalves(lane, records, error) };
    }
  });
}

async function writeInTurn(lane: Lane, records: readonly PackedRecord[], flight: Flight, before: Flight | null): Promise<Written> {
  const { db, key, patience, order } = lane;
  let after = before?.after ?? null;
  for (let comparisons = 1; comparisons <= MAX_COMPARISONS; comparisons++) {
    const expected = after;
    const result = await withPatience(patience, () => writeBatch(db, key, records, expected));
    if (result.outcome === 'written') return result;
    // The batch before changed nothing, failed, or was repeated: compare again with what it left.
    await before?.ended;
    order.requireUnbroken();
    after = null;
    flight.after = null;
  }
  throw versionsMoving(key);
}

/** The next batch may be written beside another only from a version that is known. */
function noteVersions(order: FlushOrder, flight: Flight, result: Written): void {
  if (flight.stream !== null) order.note(flight.stream, result.version ?? 0);
  else for (const { stream } of flight.batch.values()) order.forget(stream);
}

/** Writes what can be written before the first record that cannot, and names that one. */
async function writeHalves(lane: Lane, records: readonly PackedRecord[], cause: unknown): Promise<number> {
  if (records.length === 1) throw unstorable(records[0] as PackedRecord, cause);
  const middle = Math.ceil(records.length / 2);
  return (await writeOrHalve(lane, records.slice(0, middle))) + (await writeOrHalve(lane, records.slice(middle)));
}

async function writeOrHalve(lane: Lane, records: readonly PackedRecord[]): Promise<number> {
  const { db, key, patience } = lane;
  try {
    for (let comparisons = 1; comparisons <= MAX_COMPARISONS; comparisons++) {
      const result = await withPatience(patience, () => writeBatch(db, key, records, null));
      if (result.outcome === 'written') return result.changed;
    }
    throw versionsMoving(key);
  } catch (error) {
    if (!isAboutContent(error)) throw error;
    return writeHalves(lane, records, error);
  }
}

/** Data exceptions, limits of size and depth, and a body that was not one JSON value (it leaves a row without a key). */
function isAboutContent(error: unknown): boolean {
  const state = sqlStateOf(error) ?? '';
  return /^(22|54)/.test(state) || state === SqlState.notNullViolation;
}

function versionsMoving(key: RunKey): Fault {
  return new Fault({
    reason: 'DatabaseUnavailable',
    message: `the record versions of run ${key.runId} kept moving under its lease`,
    hint: 'something else writes to stream_versions: only runtimes may',
  });
}

function unstorable(record: PackedRecord, cause: unknown): Fault {
  const key = record.key.length > KEY_CHARS ? `${record.key.slice(0, KEY_CHARS)}…` : record.key;
  return new Fault({
    reason: 'RecordUnstorable',
    message: `PostgreSQL cannot hold record ${JSON.stringify(key)} of stream ${record.stream} (SQLSTATE ${sqlStateOf(cause)})`,
    hint: 'the checks before storage should have named it: report it with the SQLSTATE',
    disposition: { kind: 'stall' },
    details: { stream: record.stream, key, sqlstate: sqlStateOf(cause) },
    // No cause: the server's message and detail quote the record.
  });
}
