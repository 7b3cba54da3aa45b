/** A table that is split by time. */
export interface PartitionedTable {
  readonly table: string;
  /** What the bounds are made of: the time inside a UUIDv7, or a timestamp. */
  readonly by: 'run_id' | 'superseded_at';
}

/** The tables that are split by time; new runs, attempts, events and logs go by the birth of their run. */
export const partitionedTables = [
  { table: 'runs', by: 'run_id' },
  { table: 'run_attempts', by: 'run_id' },
  { table: 'run_events', by: 'run_id' },
  { table: 'run_logs', by: 'run_id' },
  { table: 'record_changes', by: 'superseded_at' },
] as const satisfies readonly PartitionedTable[];

/** A stretch of time with its own partition; `to` is not part of it. */
export interface PartitionSpan {
  /** Ends the partition's name, such as `202611`. */
  readonly label: string;
  readonly from: Date;
  readonly to: Date;
}

/**
 * `blocked`: the default partition already holds rows of that time, which stay there; `busy`: the table was in use, the next round tries
 * again.
 */
export type PartitionOutcome = 'made' | 'there' | 'blocked' | 'busy';

/** Partitions and retention. Adapter: `controller/store/partitions.ts`. Safe to repeat and to be called by several controllers. */
export interface Partitions {
  make(table: PartitionedTable, span: PartitionSpan): Promise<PartitionOutcome>;
  /** Drops partitions that end at or before this moment and removes older rows from the default one. Returns what went. */
  dropBefore(table: PartitionedTable, moment: Date): Promise<{ partitions: string[]; rows: number; busy: boolean }>;
  /** Forgets processes that stopped before this moment and hold no run. */
  purgeProcesses(stoppedBefore: Date): Promise<number>;
}
