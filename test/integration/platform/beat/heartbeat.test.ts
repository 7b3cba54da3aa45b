import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type BeatRow, readBeats } from '../../../../platform/beat/beat-sql.ts';
import { createBeatObserver } from '../../../../platform/beat/observer.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { hostIdentity } from '../../../../platform/process-identity.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';

const program = fileURLToPath(new URL('../../../programs/beating-process.ts', import.meta.url));
let database: TestDatabase;
let child: ChildProcessByStdio<Writable, Readable, null>;
let exited: Promise<void>;

beforeAll(async () => {
  database = await createDatabase();
});

afterEach(async () => {
  child.kill('SIGKILL');
  await exited;
  await database.pool.query('delete from process_beats');
});

afterAll(() => database.drop());

/** Starts the program; answers its id after its first beat, and its further lines. */
async function start(): Promise<{ id: string; nextLine(): Promise<string> }> {
  child = spawn(process.execPath, [program, database.url], { stdio: ['pipe', 'pipe', 'inherit'] });
  exited = new Promise((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => ((await lines.next()).value as string | undefined) ?? 'ended';
  return { id: await nextLine(), nextLine };
}

async function only(): Promise<BeatRow> {
  const [first] = await readBeats(database.pool);
  if (first === undefined) throw new Error('no row');
  return first;
}

async function beatAbove(beat: number): Promise<number> {
  for (;;) {
    const now = (await only()).beat;
    if (now > beat) return now;
    await sleep(10);
  }
}

/** Waits until the beat stands still for half a second. */
async function standsStill(): Promise<number> {
  for (;;) {
    const { beat } = await only();
    await sleep(500);
    if ((await only()).beat === beat) return beat;
  }
}

test('a process beats under its identity, and marks its orderly end', async () => {
  const { id } = await start();
  expect(await only()).toMatchObject({ processId: id, role: 'runtime', host: await hostIdentity(), pid: child.pid, stopped: false });
  await beatAbove((await only()).beat);
  child.stdin.end();
  await exited;
  expect((await only()).stopped).toBe(true);
});

test('a main loop that hangs stops the beat, although its thread lives', async () => {
  await start();
  child.stdin.write('hang\n');
  await standsStill();
  expect(child.exitCode).toBeNull();
});

test('a process that cannot write its beat is told once, and beats again when the database is back', async () => {
  const { nextLine } = await start();
  await database.pool.query('alter table process_beats rename to away');
  expect(await nextLine()).toBe('beat lost');
  await database.pool.query('alter table away rename to process_beats');
  const { beat } = await only();
  await beatAbove(beat + 1);
});

test('a process that was stopped and goes on learns first that it lost its beat', async () => {
  const { nextLine } = await start();
  child.kill('SIGSTOP');
  await sleep(1_200);
  child.kill('SIGCONT');
  expect(await nextLine()).toBe('beat lost');
  await beatAbove((await only()).beat);
});

test('a row that was cleared away comes back with the next beat', async () => {
  const { id } = await start();
  await database.pool.query('delete from process_beats');
  while ((await readBeats(database.pool)).length === 0) await sleep(10);
  expect((await only()).processId).toBe(id);
});

test('an observer on the same host sees a killed process at its next look', async () => {
  await start();
  const observer = createBeatObserver({ clock: systemClock, host: await hostIdentity(), read: () => readBeats(database.pool) });
  expect((await observer.look()).map((sighting) => sighting.verdict)).toEqual(['waiting']);
  child.kill('SIGKILL');
  await exited;
  expect((await observer.look()).map((sighting) => sighting.verdict)).toEqual(['lost']);
});
