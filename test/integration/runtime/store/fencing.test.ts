import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withTransaction } from '../../../../platform/postgres/connect.ts';
import type { RunKey } from '../../../../runtime/apis/run.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { storeRun } from '../../../gen/stored-run.ts';
import { readRecords } from './stored-facts.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const program = fileURLToPath(new URL('flush-forever.ts', import.meta.url));

interface Writer {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

function startWriter(key: RunKey): Writer {
  const child = spawn(process.execPath, [program, JSON.stringify([database.url, key])], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, lines: createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]() };
}

/** Stops a process and waits until the kernel says so. */
async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGSTOP');
  while (!/^State:\tT/m.test(await readFile(`/proc/${child.pid}/status`, 'utf8'))) await sleep(5);
}

/** Resolves when a session of the writer waits for a lock. */
async function writerWaits(): Promise<void> {
  for (;;) {
    const { rowCount } = await database.pool.query(
      `select from pg_stat_activity where application_name = 'flush-forever' and wait_event_type = 'Lock'`,
    );
    if (rowCount > 0) return;
    await sleep(5);
  }
}

async function lastLine({ lines }: Writer): Promise<string> {
  let last = '';
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) last = next.value;
  return last;
}

it('[PROTO-38] a writer that is stopped inside a flush, fenced and woken writes nothing', async () => {
  const key = await storeRun(database.pool, { state: 'running' });
  const writer = startWriter(key);
  await writer.lines.next();
  await withTransaction(database.pool, async (takeover) => {
    await takeover.query('update instance_leases set epoch = epoch + 1 where connector_instance_id = $1', [key.connectorInstanceId]);
    // The flush is under way: its statement stands before the lease that the takeover holds.
    await writerWaits();
    await stop(writer.child);
  });
  const stored = await readRecords(database.pool, key);
  expect(stored.length).toBeGreaterThan(0);
  writer.child.kill('SIGCONT');
  await expect(lastLine(writer)).resolves.toBe('ended LeaseLost');
  await expect(readRecords(database.pool, key)).resolves.toEqual(stored);
});

it('[PROTO-38] a writer that is stopped between flushes holds no lock and keeps nobody from fencing it', async () => {
  const key = await storeRun(database.pool, { state: 'running' });
  const writer = startWriter(key);
  await writer.lines.next();
  await stop(writer.child);
  await database.pool.query('update instance_leases set epoch = epoch + 1 where connector_instance_id = $1', [key.connectorInstanceId]);
  const stored = await readRecords(database.pool, key);
  writer.child.kill('SIGCONT');
  await expect(lastLine(writer)).resolves.toBe('ended LeaseLost');
  await expect(readRecords(database.pool, key)).resolves.toEqual(stored);
  if (writer.child.exitCode === null) await once(writer.child, 'exit');
});
