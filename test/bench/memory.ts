import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../platform/postgres/connect.ts';
import type { RunKey } from '../../runtime/apis/run.ts';
import { createDatabase } from '../database.ts';
import { type BenchFolder, makeBenchFolder, seedConnectors } from './harness/bench-folder.ts';
import type { Effort, Figure } from './harness/figure.ts';
import { peakMiB, residentMiB } from './harness/process-figures.ts';
import { startRuntime } from './harness/product.ts';
import { whenSucceeded } from './harness/run-states.ts';

/** Runs at once, and records of each. */
interface Load {
  readonly runs: number;
  readonly records: number;
}

const loads: Readonly<Record<Effort, { readonly some: Load; readonly many: Load; readonly atOnce: Load }>> = {
  full: { some: { runs: 1, records: 200_000 }, many: { runs: 1, records: 2_000_000 }, atOnce: { runs: 50, records: 10_000 } },
  short: { some: { runs: 1, records: 50_000 }, many: { runs: 1, records: 200_000 }, atOnce: { runs: 50, records: 1_000 } },
};
const LOAD_MS = 900_000;
/** After this long without work a runtime is idle: start and first statements are behind it. */
const SETTLE_MS = 3_000;

/**
 * Peak of the runtime's resident memory over what it holds when idle, as the kernel counts it for that one process. Each load has a
 * runtime of its own, since a peak never goes down again.
 */
export async function measure(effort: Effort): Promise<readonly Figure[]> {
  const { some, many, atOnce } = loads[effort];
  const [first, second, third] = [await measureLoad(some), await measureLoad(many), await measureLoad(atOnce)];
  return [
    { key: 'memory.idle', what: 'runtime, idle', unit: 'MiB', value: first.idleMiB },
    figure('memory.some', `runtime over idle, ${text(some)}`, first.overMiB, 64),
    figure('memory.many', `runtime over idle, ${text(many)}`, second.overMiB, 64),
    figure('memory.at_once', `runtime over idle, ${text(atOnce)}`, third.overMiB, 128),
  ];
}

function figure(key: string, what: string, value: number, goalMiB: number): Figure {
  return { key, what, unit: 'MiB', value, goal: { atMost: goalMiB } };
}

function text({ runs, records }: Load): string {
  const each = `${records.toLocaleString('en-US')} records of 500 bytes`;
  return runs === 1 ? each : `${runs} runs at once of ${each}`;
}

async function measureLoad(load: Load): Promise<{ idleMiB: number; overMiB: number }> {
  const database = await createDatabase();
  const folder = makeBenchFolder();
  const runtime = await startRuntime({ url: database.url, data: folder.data });
  try {
    await whenSucceeded(database.pool, await seedLoad(database.pool, folder, { runs: 1, records: 1 }), LOAD_MS);
    await sleep(SETTLE_MS);
    const idleMiB = residentMiB(runtime.pid);
    await whenSucceeded(database.pool, await seedLoad(database.pool, folder, load), LOAD_MS);
    return { idleMiB, overMiB: peakMiB(runtime.pid) - idleMiB };
  } finally {
    await runtime.stop();
    folder.remove();
    await database.drop();
  }
}

/** Connectors of one type with a due run each. */
function seedLoad(pool: Pool, folder: BenchFolder, { runs, records }: Load): Promise<RunKey[]> {
  return seedConnectors(pool, folder, { files: ['children/collect-records.ts', 'bench-record.ts'], args: [String(records)], count: runs });
}
