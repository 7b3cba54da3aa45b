import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { composeDesired } from '../../controller/compose/desired.ts';
import { readConfig } from '../../controller/config.ts';
import { createResync } from '../../controller/reconcile/connector/resync.ts';
import { databaseOf } from '../../controller/store/database.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemIds } from '../../platform/ids.ts';
import type { Pool } from '../../platform/postgres/connect.ts';
import { makeBenchFolder } from './harness/bench-folder.ts';
import { type Effort, type Figure, overRounds } from './harness/figure.ts';
import { type Fleet, fleetName, type Layout, rewriteDocument, startFleet, writeFleet } from './harness/fleet.ts';
import { cpuSeconds, residentMiB } from './harness/process-figures.ts';

/** Documents, and how often each figure is taken. */
interface Sizes {
  readonly many: number;
  readonly few: number;
  readonly rounds: number;
  readonly edits: number;
  readonly idleMs: number;
}

const sizes: Readonly<Record<Effort, Sizes>> = {
  full: { many: 10_000, few: 1_000, rounds: 3, edits: 20, idleMs: 60_000 },
  short: { many: 2_000, few: 200, rounds: 1, edits: 5, idleMs: 15_000 },
};
/** Passes come this often while writes at rest are counted, so that a short window holds several. */
const OFTEN = { CONNECTOR_RESYNC_SECONDS: '3', CONNECTOR_RESCAN_SECONDS: '3' };
const AT_REST_MS = 12_000;
/** What a start leaves to be done (the second listing, first comparison) is over by then. */
const SETTLED_MS = 10_000;
const EDIT_PATIENCE_MS = 30_000;
/** The comparison of the whole that follows an edit is over by then. */
const PAUSE_MS = 2_000;
const LOOK_MS = 2;
/** Rows a statement, as intake and reconcile write them. */
const RAW_BATCH = 500;
/** Tables that a document leads to. */
const TABLES = ['connector_specs', 'spec_revisions', 'connector_instances', 'schedules'];

/** From documents in a folder to connectors that are Ready, through the real program with its own PostgreSQL; then edits, and rest. */
export async function measure(effort: Effort): Promise<readonly Figure[]> {
  const { many, few, rounds, edits, idleMs } = sizes[effort];
  const fresh = await coldSeconds({ count: few, rounds: 1, layout: 'files', initialised: false });
  const fewSeconds = await coldSeconds({ count: few, rounds, layout: 'files', initialised: true });
  const oneFile = await coldSeconds({ count: many, rounds: 1, layout: 'one file', initialised: true });
  const cold = await coldFleets(many, rounds);
  const present = await withFleet(many, {}, async (fleet, watch) => ({
    editMs: await editMs(fleet.pool, watch, edits),
    ...(await idleFigures(fleet, idleMs)),
  }));
  const rest = await withFleet(many, OFTEN, async ({ pool }) => ({ writes: await writesAtRest(pool), seconds: await passSeconds(pool) }));
  const raw = { what: 'multi-row insert of the same rows', value: cold.rawSeconds };
  const name = (count: number): string => `${count.toLocaleString('en-US')} documents`;
  return [
    { key: 'converge.few_fresh', what: `${name(few)}, process start to all Ready, empty data folder`, unit: 's', ...overRounds(fresh) },
    { key: 'converge.few', what: `${name(few)}, process start to all Ready`, unit: 's', ...overRounds(fewSeconds), goal: { atMost: 3 } },
    {
      key: 'converge.many',
      what: `${name(many)}, process start to all Ready`,
      unit: 's',
      ...overRounds(cold.seconds),
      goal: { atMost: 12 },
      raw,
    },
    {
      key: 'converge.over_raw',
      what: 'the same, over the raw insert',
      unit: 'ratio',
      ...overRounds(cold.seconds.map((s) => s / cold.rawSeconds)),
    },
    { key: 'converge.one_file', what: `${name(many)} in one file, process start to all Ready`, unit: 's', ...overRounds(oneFile) },
    {
      key: 'converge.edit',
      what: `one edit with ${name(many)}, file to row`,
      unit: 'ms',
      ...overRounds(present.editMs),
      goal: { atMost: 500 },
    },
    {
      key: 'converge.rest_writes',
      what: `rows written at rest over ${name(many)}, several passes`,
      unit: 'rows',
      value: rest.writes,
      goal: { atMost: 0 },
    },
    { key: 'converge.rest_pass', what: `comparison of ${name(many)} at rest`, unit: 's', ...overRounds(rest.seconds), goal: { below: 1 } },
    {
      key: 'converge.idle_cpu',
      what: `idle controller, ${name(many)}`,
      unit: '% of a core',
      value: present.idleShare * 100,
      goal: { below: 2 },
    },
    {
      key: 'converge.idle_memory',
      what: `memory of the idle controller, ${name(many)}`,
      unit: 'MiB',
      value: present.residentMiB,
      goal: { below: 200 },
    },
  ];
}

/** What one cold start is measured over. */
export interface ColdStart {
  readonly count: number;
  readonly rounds: number;
  readonly layout: Layout;
  /** The data folder holds a database that was migrated; else the start makes it. */
  readonly initialised: boolean;
}

/** Seconds from process start to all Ready, each round in a data folder of its own. */
export async function coldSeconds({ count, rounds, layout, initialised }: ColdStart): Promise<number[]> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await inFolder(async (data, watch) => {
      if (initialised) await (await startFleet({ data, watch: emptyFolder(watch), count: 0 })).stop();
      writeFleet(watch, count, layout);
      const fleet = await startFleet({ data, watch, count });
      seconds.push(fleet.seconds);
      await fleet.stop();
    });
  }
  return seconds;
}

/** Cold starts, and in the database of the last one the raw insert of what they wrote. */
async function coldFleets(count: number, rounds: number): Promise<{ seconds: number[]; rawSeconds: number }> {
  const seconds = await coldSeconds({ count, rounds: rounds - 1, layout: 'files', initialised: true });
  return withFleet(count, {}, async (fleet) => ({ seconds: [...seconds, fleet.seconds], rawSeconds: await rawInsertSeconds(fleet.pool) }));
}

/** Inserts copies of all rows that the documents led to into tables of the same shape, many at a time. */
export async function rawInsertSeconds(pool: Pool): Promise<number> {
  let ms = 0;
  for (const table of TABLES) {
    const { rows } = await pool.query(`select to_jsonb(t) as row from ${table} t`);
    await pool.query(`create table raw_${table} (like ${table} including all)`);
    const beganMs = performance.now();
    for (let at = 0; at < rows.length; at += RAW_BATCH) {
      const batch = JSON.stringify(rows.slice(at, at + RAW_BATCH).map(({ row }: Record<string, unknown>) => row));
      await pool.query(`insert into raw_${table} select * from jsonb_populate_recordset(null::raw_${table}, $1::jsonb)`, [batch]);
    }
    ms += performance.now() - beganMs;
    await pool.query(`drop table raw_${table}`);
  }
  return ms / 1_000;
}

/** Milliseconds from the rename of an edited file to its changed row, each edit another document. */
export async function editMs(pool: Pool, watch: string, edits: number): Promise<number[]> {
  await sleep(SETTLED_MS);
  const samples: number[] = [];
  for (let n = 0; n < edits; n++) {
    const displayName = `Edited ${n}`;
    const beganMs = performance.now();
    rewriteDocument(watch, n * 7, displayName);
    await untilNamed(pool, fleetName(n * 7), displayName);
    samples.push(performance.now() - beganMs);
    await sleep(PAUSE_MS);
  }
  return samples;
}

async function untilNamed(pool: Pool, name: string, displayName: string): Promise<void> {
  const untilMs = performance.now() + EDIT_PATIENCE_MS;
  while (performance.now() < untilMs) {
    const { rows } = await pool.query('select 1 from connector_instances where namespace = $1 and name = $2 and display_name = $3', [
      'default',
      name,
      displayName,
    ]);
    if (rows.length > 0) return;
    await sleep(LOOK_MS);
  }
  throw new Error(`the edit of ${name} did not arrive`);
}

/** Share of a core over a window, and memory at its end. The window holds one listing and one comparison. */
export async function idleFigures({ serve }: Fleet, windowMs: number): Promise<{ idleShare: number; residentMiB: number }> {
  await sleep(SETTLED_MS);
  const before = cpuSeconds(serve.pid);
  await sleep(windowMs);
  return { idleShare: (cpuSeconds(serve.pid) - before) / (windowMs / 1_000), residentMiB: residentMiB(serve.pid) };
}

/** Rows that PostgreSQL counts as written while listings and comparisons go on, beats aside. */
export async function writesAtRest(pool: Pool): Promise<number> {
  await sleep(SETTLED_MS);
  const before = await writtenRows(pool);
  await sleep(AT_REST_MS);
  return (await writtenRows(pool)) - before;
}

async function writtenRows(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::float8 as n from pg_stat_user_tables where relname <> 'process_beats'`,
  );
  return rows[0]?.n ?? 0;
}

/** Seconds of each comparison after the first, which has nothing to go by. */
export async function passSeconds(pool: Pool): Promise<number[]> {
  const clock = systemClock;
  const config = readConfig([], {}, '/');
  const parts = { db: databaseOf(pool), ids: systemIds(clock), clock, config, onDocument: () => undefined };
  const resync = createResync(composeDesired(parts).reconcile);
  const { signal } = new AbortController();
  await resync(signal);
  const seconds: number[] = [];
  for (let round = 0; round < 5; round++) {
    const beganMs = performance.now();
    const { different } = await resync(signal);
    if (different > 0) throw new Error(`${different} objects differ at rest`);
    seconds.push((performance.now() - beganMs) / 1_000);
  }
  return seconds;
}

async function withFleet<T>(count: number, env: Record<string, string>, work: (fleet: Fleet, watch: string) => Promise<T>): Promise<T> {
  return inFolder(async (data, watch) => {
    await (await startFleet({ data, watch: emptyFolder(watch), count: 0 })).stop();
    writeFleet(watch, count, 'files');
    const fleet = await startFleet({ data, watch, count, env });
    try {
      return await work(fleet, watch);
    } finally {
      await fleet.stop();
    }
  });
}

async function inFolder<T>(work: (data: string, watch: string) => Promise<T>): Promise<T> {
  const folder = makeBenchFolder();
  try {
    return await work(folder.data, join(folder.path, 'watch'));
  } finally {
    folder.remove();
  }
}

function emptyFolder(watch: string): string {
  const empty = `${watch}-empty`;
  mkdirSync(empty, { recursive: true });
  return empty;
}
