import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pool, withTransaction } from '../../platform/postgres/connect.ts';
import type { RunKey } from '../../runtime/apis/run.ts';
import type { Sandbox, SandboxChild } from '../../runtime/apis/sandbox.ts';
import { openSandbox } from '../../runtime/sandbox/sandbox.ts';
import { createDatabase } from '../database.ts';
import { storeRunOf } from '../gen/stored-run.ts';
import { type BenchFolder, makeBenchFolder, programFile, seedConnectors } from './harness/bench-folder.ts';
import { type Effort, type Figure, median, overRounds } from './harness/figure.ts';
import { startRuntime } from './harness/product.ts';
import { whenSucceeded } from './harness/run-states.ts';

const program = 'children/answer-start.cjs';
const ROUNDS: Readonly<Record<Effort, number>> = { full: 50, short: 10 };
/** As a run without settings of its own is bounded (run-limits.ts). */
const runLimits = { memoryBytes: 2 * 2 ** 30, pids: 512, openFiles: 4_096, fileBytes: 8 * 2 ** 30 };
/** A run may take this long before the bench gives up. */
const RUN_MS = 30_000;
/** Between rounds, so that the wake of one is over before the next begins. */
const PAUSE_MS = 30;

/**
 * From the commit of a pending run to the moment in which its connector has read START, through the real runtime process, against a bare
 * spawn of the same program that is handed the same line at once. Rounds of each form go by turns.
 */
export async function measure(effort: Effort): Promise<readonly Figure[]> {
  const database = await createDatabase();
  const folder = makeBenchFolder();
  try {
    const [first] = (await seedConnectors(database.pool, folder, { files: [program] })) as [RunKey];
    const throughRuntime = await measureRuns({ pool: database.pool, url: database.url, folder, first, rounds: ROUNDS[effort] });
    const sandboxes = await measureSandboxes(folder, ROUNDS[effort]);
    return [...throughRuntime, ...sandboxes];
  } finally {
    folder.remove();
    await database.drop();
  }
}

interface RunRounds {
  readonly pool: Pool;
  readonly url: string;
  readonly folder: BenchFolder;
  /** A run that is due already: it warms everything up, and its connector is the one that is run. */
  readonly first: RunKey;
  readonly rounds: number;
}

async function measureRuns({ pool, url, folder, first, rounds }: RunRounds): Promise<Figure[]> {
  const runtime = await startRuntime({ url, data: folder.data });
  const whole: number[] = [];
  const bare: number[] = [];
  try {
    await whenSucceeded(pool, [first], RUN_MS);
    for (let round = 0; round < rounds; round++) {
      await sleep(PAUSE_MS);
      whole.push(await pendingToStartMs(pool, first.connectorInstanceId));
      await sleep(PAUSE_MS);
      bare.push(await bareMs());
    }
  } finally {
    await runtime.stop();
  }
  const raw = { what: 'bare spawn of the same child', value: median(bare) };
  return [
    { key: 'launch.start', what: 'pending run to START read by its connector', unit: 'ms', ...overRounds(whole), raw },
    {
      key: 'launch.over_bare',
      what: 'the same, over the bare spawn',
      unit: 'ms',
      ...overRounds(whole.map((ms) => ms - median(bare))),
      goal: { atMost: 50 },
    },
  ];
}

async function pendingToStartMs(pool: Pool, instance: string): Promise<number> {
  let committedNs = 0n;
  const key = await withTransaction(pool, async (transaction) => {
    const stored = await storeRunOf(transaction, instance);
    await transaction.query(`select pg_notify('runs_due', '')`);
    committedNs = process.hrtime.bigint();
    return stored;
  });
  await whenSucceeded(pool, [key], RUN_MS);
  const { rows } = await pool.query<{ ns: string }>(`select data ->> 'read_ns' as ns from records where connector_instance_id = $1`, [
    instance,
  ]);
  return Number(BigInt(rows[0]?.ns ?? 0) - committedNs) / 1e6;
}

async function bareMs(): Promise<number> {
  const beganNs = process.hrtime.bigint();
  const child = spawn(process.execPath, [programFile(program)], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  const ms = await answeredMs(child, beganNs);
  await ended;
  return ms;
}

/** Hands START to a child of the bench's own and reads from its answer when it had it, in milliseconds after `beganNs`. */
async function answeredMs({ stdin, stdout }: Pick<SandboxChild, 'stdin' | 'stdout'>, beganNs: bigint): Promise<number> {
  stdin.write(`${JSON.stringify({ type: 'START' })}\n`);
  let text = '';
  for await (const chunk of stdout) text += String(chunk);
  const readNs = /"read_ns":"(\d+)"/.exec(text)?.[1];
  if (readNs === undefined) throw new Error('the child of the bench did not answer');
  return Number(BigInt(readNs) - beganNs) / 1e6;
}

/** The launch alone, without claim, checks and journal: in the sandbox that this host allows, and without one. */
async function measureSandboxes(folder: BenchFolder, rounds: number): Promise<Figure[]> {
  const options = { hiddenPaths: [folder.data], hostEnvironment: { PATH: process.env['PATH'] } };
  const isolated = await openSandbox({ ...options, runsFolder: join(folder.data, 'isolated') });
  const plain = await openSandbox({ ...options, runsFolder: join(folder.data, 'plain'), method: 'process' });
  const samples: Record<'isolated' | 'plain' | 'bare', number[]> = { isolated: [], plain: [], bare: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      samples.isolated.push(await launchMs(isolated, round));
      samples.plain.push(await launchMs(plain, round));
      samples.bare.push(await bareMs());
    }
  } finally {
    await Promise.all([isolated.close(), plain.close()]);
  }
  if (!isolated.isolation.isolated) throw new Error('this host has no sandbox that could be measured');
  const [bare, plainMs] = [median(samples.bare), median(samples.plain)];
  const raw = { what: 'bare spawn of the same child', value: bare };
  return [
    { key: 'launch.plain', what: 'launch to START read, plain process', unit: 'ms', ...overRounds(samples.plain), raw },
    { key: 'launch.sandbox', what: 'launch to START read, sandbox', unit: 'ms', ...overRounds(samples.isolated), raw },
    {
      key: 'launch.sandbox_over_plain',
      what: 'sandbox over plain process',
      unit: 'ms',
      ...overRounds(samples.isolated.map((ms) => ms - plainMs)),
      goal: { atMost: 20 },
    },
  ];
}

async function launchMs(sandbox: Sandbox, round: number): Promise<number> {
  const beganNs = process.hrtime.bigint();
  const child = await sandbox.launch({
    runId: `bench-${round}`,
    command: ['node', basename(program)],
    cwd: dirname(programFile(program)),
    readPaths: [],
    environment: () => ({}),
    limits: runLimits,
  });
  try {
    return await answeredMs(child, beganNs);
  } finally {
    await child.exited;
    await child.dispose();
  }
}
