import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { partitionedTables, type Partitions } from '../apis/partitions.ts';
import { monthsAhead } from './partition-spans.ts';

const DAY_MS = 86_400_000;
/** Months that stand ready besides the present one. */
const MONTHS_AHEAD = 2;
/** Processes that stopped are remembered this long: their ids stand in runs and attempts. */
const PROCESS_MEMORY_MS = 7 * DAY_MS;
const EVERY_MS = 6 * 3_600_000;
/** After a round that found a table in use. */
const AGAIN_MS = 60_000;

/** What maintenance stands on. */
export interface MaintenanceOptions {
  readonly partitions: Partitions;
  /** Runs, events, logs and superseded records are kept this long. */
  readonly retentionDays: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** One round for a loop: partitions ahead, retention, processes that are long gone. Resolves with the milliseconds until the next. */
export function createMaintenance(options: MaintenanceOptions): () => Promise<number> {
  return async () => {
    const ready = await preparePartitions(options);
    const cleared = await applyRetention(options);
    await options.partitions.purgeProcesses(new Date(options.clock.now().getTime() - PROCESS_MEMORY_MS));
    return ready && cleared ? EVERY_MS : AGAIN_MS;
  };
}

/** Makes partitions ahead; call it before the first run is written, so that the default partition stays empty. False: something was busy. */
export async function preparePartitions({ partitions, clock, log }: MaintenanceOptions): Promise<boolean> {
  let ready = true;
  let made = 0;
  for (const table of partitionedTables) {
    for (const span of monthsAhead(clock.now(), MONTHS_AHEAD)) {
      const outcome = await partitions.make(table, span);
      if (outcome === 'made') made += 1;
      if (outcome === 'blocked') log.warn({ table: table.table, month: span.label }, 'rows of this month stay in the default partition');
      if (outcome === 'busy') {
        ready = false;
        break;
      }
    }
  }
  if (made > 0) log.info({ partitions: made }, 'partitions made');
  return ready;
}

async function applyRetention({ partitions, retentionDays, clock, log }: MaintenanceOptions): Promise<boolean> {
  const moment = new Date(clock.now().getTime() - retentionDays * DAY_MS);
  let cleared = true;
  for (const table of partitionedTables) {
    const gone = await partitions.dropBefore(table, moment);
    if (gone.partitions.length > 0 || gone.rows > 0) log.info({ table: table.table, ...gone }, 'past retention, removed');
    if (gone.busy) cleared = false;
  }
  return cleared;
}
