import { uuidV7Floor } from '../../platform/ids.ts';
import { hasSqlState, SqlState } from '../../platform/postgres/sql-state.ts';
import type { PartitionedTable, PartitionOutcome, Partitions } from '../apis/partitions.ts';
import type { Database, Queryable } from './queryable.ts';
import { inFlight } from './runs/run-columns.ts';

/** Making or dropping a partition locks the whole table: rather later than in front of every run. */
const LOCK_TIMEOUT_MS = 2_000;
/** Advisory lock of partition work: two controllers take turns. */
const PARTITION_LOCK = [0x636e, 11];

/** Partitions in PostgreSQL. */
export function createPartitions(db: Database): Partitions {
  return {
    async make({ table, by }, { label, from, to }) {
      const name = `${table}_${label}`;
      if (await exists(db, name)) return 'there';
      return orBusy(async (): Promise<PartitionOutcome> => {
        try {
          await locked(db, (tx) =>
            tx.query(
              `create table if not exists ${name} partition of ${table} for values from ('${bound(by, from)}') to ('${bound(by, to)}')`,
            ),
          );
          return 'made';
        } catch (error) {
          // The default partition has rows that belong into the new one; moving them would lock the table for as long as it takes.
          if (hasSqlState(error, SqlState.checkViolation)) return 'blocked';
          throw error;
        }
      }, 'busy');
    },
    async dropBefore(table, moment) {
      const gone: string[] = [];
      let busy = false;
      for (const name of await endedPartitions(db, table, moment)) {
        const outcome = await orBusy(async () => {
          await locked(db, (tx) => tx.query(`drop table if exists ${name}`));
          return 'dropped';
        }, 'busy');
        busy = outcome === 'busy';
        // Whoever uses the table uses it for the next partition too.
        if (busy) break;
        gone.push(name);
      }
      const { rowCount } = await db.query(`delete from ${table.table}_default where ${table.by} < $1`, [bound(table.by, moment)]);
      if (table.table === 'runs') await freeLeasesOfGoneRuns(db, moment);
      return { partitions: gone, rows: rowCount ?? 0, busy };
    },
    async purgeProcesses(stoppedBefore) {
      const { rowCount } = await db.query(
        `delete from process_beats b where b.stopped_at < $1
           and not exists (select 1 from runs r where r.process_id = b.process_id and r.state in ${inFlight})
           and not exists (select 1 from source_leases l where l.process_id = b.process_id)`,
        [stoppedBefore],
      );
      return rowCount ?? 0;
    },
  };
}

/** A run that never ended would otherwise hold its instance for ever once its row is gone. */
async function freeLeasesOfGoneRuns(db: Queryable, moment: Date): Promise<void> {
  await db.query(
    `update instance_leases l set epoch = epoch + 1, run_id = null
      where l.run_id < $1 and not exists (
        select 1 from runs r where r.connector_instance_id = l.connector_instance_id and r.run_id = l.run_id)`,
    [bound('run_id', moment)],
  );
}

/** A bound, or a value to compare with: digits, dashes, colons and letters of our own making, safe inside quotes. */
function bound(by: PartitionedTable['by'], at: Date): string {
  return by === 'run_id' ? uuidV7Floor(at) : at.toISOString();
}

async function exists(db: Queryable, name: string): Promise<boolean> {
  const { rows } = await db.query('select to_regclass($1) is not null as there', [name]);
  return rows[0]?.['there'] === true;
}

/** Partitions named for a month that ended by this moment. Names are the truth: they are made here only. */
async function endedPartitions(db: Queryable, { table }: PartitionedTable, moment: Date): Promise<string[]> {
  const { rows } = await db.query(
    `select c.relname as name from pg_inherits h join pg_class c on c.oid = h.inhrelid
      where h.inhparent = $1::regclass and c.relname ~ ($1 || '_[0-9]{6}$')
        and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= ($2::timestamptz at time zone 'UTC')
      order by 1`,
    [table, moment],
  );
  return rows.map((row) => row['name'] as string);
}

async function locked(db: Database, work: (tx: Queryable) => Promise<unknown>): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await tx.query('select pg_advisory_xact_lock($1, $2)', PARTITION_LOCK);
    await work(tx);
  });
}

async function orBusy<T>(work: () => Promise<T>, busy: T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (hasSqlState(error, SqlState.lockNotAvailable)) return busy;
    throw error;
  }
}
