import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { openPool } from '../postgres/connect.ts';
import { sqlStateOf } from '../postgres/sql-state.ts';
import type { BeatWorkerData, BeatWorkerMessage } from './beat-messages.ts';
import { writeBeatSql, writeBeatValues, writeStoppedSql } from './beat-sql.ts';

// The thread that beats for its process: garbage collection or a long parse in the main loop must not look like death, but a main loop
// that hangs must. So it beats from here, with a connection of its own, and only while the main loop ticked recently.
const data = workerData as BeatWorkerData;
const ticks = new Int32Array(data.ticks);
const values = writeBeatValues(data.identity, data.role, data.facts);
// A beat that is written late is worth nothing: give up sooner than the next is due.
const timeoutMs = Math.max(1_000, data.intervalMs);
const pool = openPool(data.url, {
  name: `beat ${data.identity.processId}`,
  max: 1,
  statementTimeoutMs: timeoutMs,
  lockTimeoutMs: timeoutMs,
});
const tell = (message: BeatWorkerMessage): void => parentPort?.postMessage(message);

let lastTick = Atomics.load(ticks, 0);
let tickedAtMs = systemClock.monotonicMs();
let writing: Promise<void> = Promise.resolve();
let busy = false;

const timer = setInterval(() => void beatOnce(), data.intervalMs);
void beatOnce();
parentPort?.once('message', () => void stop());

function beatOnce(): Promise<void> {
  if (busy || !mainLoopTicked()) return writing;
  busy = true;
  writing = pool
    .query(writeBeatSql, values)
    .then(
      () => tell({ kind: 'beat' }),
      (error: unknown) => tell({ kind: 'failed', code: sqlStateOf(error) ?? 'unavailable' }),
    )
    .finally(() => {
      busy = false;
    });
  return writing;
}

function mainLoopTicked(): boolean {
  const tick = Atomics.load(ticks, 0);
  const nowMs = systemClock.monotonicMs();
  if (tick !== lastTick) [lastTick, tickedAtMs] = [tick, nowMs];
  return nowMs - tickedAtMs <= data.tickWithinMs;
}

async function stop(): Promise<void> {
  clearInterval(timer);
  await writing;
  await pool.query(writeStoppedSql, [data.identity.processId]).catch(() => undefined); // observers then wait for silence
  await pool.end();
  tell({ kind: 'stopped' });
  parentPort?.close();
}
