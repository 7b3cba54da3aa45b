import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { createEmptyDatabase } from '../../database.ts';

/** What the figures depend on, without anything that names the machine. */
export interface Machine {
  readonly cores: number;
  /** As the processor calls itself. */
  readonly processor: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly postgresql: string;
  readonly platform: string;
  /** Average number of busy processes in the minute before: what others did meanwhile. */
  readonly load: number;
}

/** Reads this machine's facts; `load` is of now, so ask before the benches. */
export async function readMachine(): Promise<Machine> {
  const load = loadavg()[0] ?? 0;
  const database = await createEmptyDatabase();
  try {
    const { rows } = await database.pool.query<{ server_version: string }>('show server_version');
    return {
      cores: availableParallelism(),
      processor: cpus()[0]?.model.trim() || 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version.slice(1),
      postgresql: rows[0]?.server_version ?? 'unknown',
      platform: `${process.platform} ${process.arch}`,
      load,
    };
  } finally {
    await database.drop();
  }
}
