import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readClientFile } from '../../platform/client-file.ts';
import type { Pool } from '../../platform/postgres/connect.ts';
import { createDatabase } from '../database.ts';
import { type BenchFolder, makeBenchFolder } from './harness/bench-folder.ts';
import type { Effort, Figure } from './harness/figure.ts';
import { multiplyConnector } from './harness/multiply-connector.ts';
import { childrenOf, cpuSeconds, residentMiB } from './harness/process-figures.ts';
import { type MeasuredProcess, startServe } from './harness/product.ts';

/** Schedules, and windows of this length over which the CPU is counted. A pass over all rows comes once a minute: two windows hold one. */
const sizes: Readonly<Record<Effort, { readonly schedules: number; readonly windowMs: number; readonly windows: number }>> = {
  full: { schedules: 100_000, windowMs: 30_000, windows: 4 },
  short: { schedules: 20_000, windowMs: 10_000, windows: 3 },
};
/** Start is over when a window of this length was quiet. */
const QUIET_WINDOW_MS = 5_000;
const QUIET_SHARE = 0.05;
const MAX_QUIET_WINDOWS = 60;
const POLL_MS = 100;
const MAX_POLLS = 600;

/** What controller and runtime use while 100,000 schedules are not due: one connector enters by the API, runs once, and is multiplied. */
export async function measure(effort: Effort): Promise<readonly Figure[]> {
  const { schedules, windowMs, windows } = sizes[effort];
  const database = await createDatabase();
  const folder = makeBenchFolder();
  try {
    await makeOne(database.pool, { url: database.url, folder });
    await multiplyConnector(database.pool, schedules);
    const { shares, controllerMiB, runtimeMiB } = await observe({ url: database.url, folder, windowMs, windows });
    const what = `${schedules.toLocaleString('en-US')} schedules not due`;
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    return [
      {
        key: 'idle.cpu',
        what: `${what}: controller and runtime, mean of ${windows} times ${windowMs / 1_000} s`,
        unit: '% of a core',
        value: mean,
        range: [Math.min(...shares), Math.max(...shares)],
        goal: { below: 2 },
      },
      { key: 'idle.controller_memory', what: `${what}: memory of the controller`, unit: 'MiB', value: controllerMiB },
      { key: 'idle.runtime_memory', what: `${what}: memory of the runtime`, unit: 'MiB', value: runtimeMiB },
    ];
  } finally {
    folder.remove();
    await database.drop();
  }
}

interface Place {
  readonly url: string;
  readonly folder: BenchFolder;
}

/** A connector as the product makes one, after its first run: a schedule that never ran is due at once, and then in half a year. */
async function makeOne(pool: Pool, { url, folder }: Place): Promise<void> {
  const files = join(folder.path, 'files');
  mkdirSync(files);
  const serve = await startQuietly({ url, folder });
  try {
    await apply(folder, {
      apiVersion: 'cynodeai.io/v1alpha1',
      kind: 'Connector',
      metadata: { name: 'copy-1' },
      spec: {
        owner: { type: 'group', id: '0b9d1c6e-52d4-4d0a-8a43-7c1e5f3b9a20' },
        type: 'csv-folder',
        typeVersion: '1.0',
        enabled: true,
        config: { folder: files },
        schedule: { cron: `0 0 1 ${((new Date().getUTCMonth() + 6) % 12) + 1} *` },
      },
    });
    await untilNone(pool, `select 1 where not exists (select 1 from runs where state = 'succeeded')`);
    await untilNone(pool, 'select 1 from connector_specs where due_at is not null');
  } finally {
    await serve.stop();
  }
}

async function startQuietly({ url, folder }: Place): Promise<MeasuredProcess> {
  const watch = join(folder.path, 'watch');
  mkdirSync(watch, { recursive: true });
  const serve = startServe({ url, data: folder.data, watch });
  await serve.logged('runtime is ready');
  return serve;
}

async function apply(folder: BenchFolder, document: object): Promise<void> {
  const client = await readClientFile(folder.data);
  if (client === undefined) throw new Error('the product has left no client.json');
  const headers = { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${client.server}/v1/specs:apply`, { method: 'POST', headers, body: JSON.stringify(document) });
  if (!answer.ok) throw new Error(`the document of the bench was refused: ${await answer.text()}`);
}

async function untilNone(pool: Pool, statement: string): Promise<void> {
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    if ((await pool.query(statement)).rows.length === 0) return;
    await sleep(POLL_MS);
  }
  throw new Error(`it did not settle: ${statement}`);
}

/** Shares of a core in %, and memory at the end. */
async function observe(options: Place & { windowMs: number; windows: number }): Promise<{
  shares: number[];
  controllerMiB: number;
  runtimeMiB: number;
}> {
  const serve = await startQuietly(options);
  try {
    const [runtimePid] = childrenOf(serve.pid, 'runtime/main');
    if (runtimePid === undefined) throw new Error('the runtime is not there');
    const pids = [serve.pid, runtimePid];
    await settle(pids);
    const shares: number[] = [];
    for (let window = 0; window < options.windows; window++) shares.push(100 * (await shareOf(pids, options.windowMs)));
    return { shares, controllerMiB: residentMiB(serve.pid), runtimeMiB: residentMiB(runtimePid) };
  } finally {
    await serve.stop();
  }
}

async function settle(pids: readonly number[]): Promise<void> {
  for (let window = 0; window < MAX_QUIET_WINDOWS; window++) {
    if ((await shareOf(pids, QUIET_WINDOW_MS)) < QUIET_SHARE) return;
  }
  throw new Error('the product did not come to rest');
}

/** CPU time of these processes over a window, as a share of one core. */
async function shareOf(pids: readonly number[], windowMs: number): Promise<number> {
  const used = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const [beforeMs, before] = [performance.now(), used()];
  await sleep(windowMs);
  return (used() - before) / ((performance.now() - beforeMs) / 1_000);
}
