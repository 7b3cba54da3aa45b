import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../database.ts';
import { type RanRun, remains, type SeedRequest, seedRun } from '../../gen/executable-run.ts';
import { record } from '../../gen/protocol.ts';
import type { RunKey } from '../../../runtime/apis/run.ts';

// The runtime as a process of its own, with the database, signals and pipes that `npm start` gives it.
const program = fileURLToPath(new URL('../../../runtime/main.ts', import.meta.url));
const collected = [
  record(),
  { type: 'STATE', stream: 'items', cursor: { at: 1 } },
  { type: 'DONE', status: 'succeeded', records_emitted: 1 },
];

let database: TestDatabase;
let folder: string;
const runtimes: ChildProcess[] = [];
beforeAll(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), 'serve-'));
  chmodSync(folder, 0o755);
});
afterEach(async () => {
  for (const runtime of runtimes.splice(0)) {
    if (runtime.exitCode !== null || runtime.signalCode !== null) continue;
    runtime.kill('SIGKILL');
    await once(runtime, 'exit');
  }
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

interface Runtime {
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly exit: Promise<number | null>;
}

function start(args: readonly string[], env: Record<string, string> = {}): Runtime {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], DATABASE_URL: database.url, CONNECTOR_DATA: join(folder, 'data'), CONNECTOR_BASEDIR: folder, ...env },
  });
  runtimes.push(child);
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, log: () => text, exit };
}

/** Asks again and again, for at most twenty seconds. */
async function until<T>(probe: () => Promise<T | false>, log: () => string): Promise<T> {
  for (let asked = 0; asked < 400; asked++) {
    const value = await probe();
    if (value !== false) return value;
    await sleep(50);
  }
  throw new Error(`it did not come: ${log()}`);
}

const inState = (key: RunKey, ...states: string[]): (() => Promise<RanRun | false>) => {
  return async () => {
    const ran = await remains(database.pool, key);
    return states.includes(ran.row.state) && ran;
  };
};

const seed = (request: SeedRequest): Promise<RunKey> => seedRun(database.pool, folder, request);
const longRun: SeedRequest = { output: [record()], script: 'read start; cat "$OUT"; exec sleep 60' };

describe('runtime serve', () => {
  test('lets go of every descriptor that it was started with, so that no connector inherits one', async () => {
    const gap = Array.from({ length: 37 }, () => 'ignore' as const); // Node itself closes the first ones
    const child = spawn(process.execPath, [program, 'serve'], {
      stdio: ['pipe', 'ignore', 'pipe', ...gap, 'pipe'],
      env: { PATH: process.env['PATH'], DATABASE_URL: database.url, CONNECTOR_DATA: join(folder, 'data'), CONNECTOR_BASEDIR: folder },
    });
    runtimes.push(child);
    const inherited = child.stdio[40 as never] as Readable;
    inherited.resume();
    await once(inherited, 'end', { signal: AbortSignal.timeout(20_000) });
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });

  test('claims a due run, executes it, and stops in order at the end of stdin', async () => {
    const first = await seed({ output: collected });
    const runtime = start(['serve']);
    const ran = await until(inState(first, 'succeeded', 'failed'), runtime.log);
    expect(ran.row).toMatchObject({ state: 'succeeded', records_emitted: 1 });
    expect(ran.cursors).toEqual({ items: '{"at":1}' });
    runtime.child.stdin?.end();
    expect(await runtime.exit).toBe(0);
    const { rows } = await database.pool.query('select stopped_at is not null as stopped, facts from process_beats where process_id = $1', [
      ran.row['process_id'],
    ]);
    expect(rows).toEqual([{ stopped: true, facts: { isolation: expect.objectContaining({ method: expect.any(String) }) } }]);
  });

  test('a stop hands over what goes on past the drain: a manual run ends abandoned, a scheduled one waits for its next attempt', async () => {
    const manual = await seed(longRun);
    const scheduled = await seed({ ...longRun, trigger: 'schedule' });
    const runtime = start(['serve'], { CONNECTOR_DRAIN_SECONDS: '0', CONNECTOR_GRACE_SECONDS: '1' });
    const before = await until(inState(manual, 'running'), runtime.log);
    await until(inState(scheduled, 'running'), runtime.log);
    expect(before.alive.length).toBeGreaterThan(0);
    runtime.child.kill('SIGINT');
    runtime.child.kill('SIGINT');
    runtime.child.kill('SIGTERM');
    expect(await runtime.exit).toBe(0);
    const [left, waiting] = [await remains(database.pool, manual), await remains(database.pool, scheduled)];
    expect(left.row).toMatchObject({ state: 'abandoned', reason: 'RuntimeStopped' });
    expect(left.terminal).toMatchObject({ state: 'abandoned' });
    expect(waiting.row).toMatchObject({ state: 'pending', attempt: 2 });
    expect([...left.alive, ...waiting.alive]).toEqual([]);
  });

  test('a cancel request ends a run within moments', async () => {
    const key = await seed(longRun);
    const runtime = start(['serve']);
    await until(inState(key, 'running'), runtime.log);
    await database.pool.query(`update runs set cancel_requested_at = now() where run_id = $1`, [key.runId]);
    await database.pool.query(`select pg_notify('runs_control', '')`);
    const ran = await until(inState(key, 'cancelled', 'failed'), runtime.log);
    expect(ran.row).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
    expect(ran.terminal).toMatchObject({ terminal_reason: 'cancelled' });
    expect(ran.alive).toEqual([]);
  });

  test('goes on when its database sessions are cut, and so do its runs', async () => {
    const script = 'read start; head -n 1 "$OUT"; sleep 2; tail -n +2 "$OUT"';
    const key = await seed({ output: collected, script });
    const runtime = start(['serve']);
    const before = await until(inState(key, 'running'), runtime.log);
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                    and (application_name like 'cc-runtime-%' or application_name like 'beat %')`;
    await database.pool.query(cut);
    const ran = await until(inState(key, 'succeeded', 'failed', 'abandoned'), runtime.log);
    expect(ran.row).toMatchObject({ state: 'succeeded', attempt: 1, process_id: before.row['process_id'] });
    const next = await seed({ output: collected });
    expect((await until(inState(next, 'succeeded', 'failed'), runtime.log)).row.state).toBe('succeeded');
  });

  test('says what is wrong with its usage and its configuration, and exits with 2', async () => {
    const unknown = start(['run', 'x']);
    expect(await unknown.exit).toBe(2);
    expect(unknown.log()).toContain('unknown command run');
    const bare = start(['serve'], { DATABASE_URL: '', CONNECTOR_RUNTIME_SLOTS: '0' });
    expect(await bare.exit).toBe(2);
    expect(bare.log()).toMatch(/CONNECTOR_RUNTIME_SLOTS/);
  });
});
