import type { Queryable } from '../queryable.ts';

/** How a runtime isolates connectors, as its probe at start found out. */
export interface RuntimeIsolation {
  /** False: a connector sees what its uid may see. */
  readonly isolated: boolean;
  readonly method: string;
  /** Why there is no isolation. */
  readonly reason?: string;
  readonly message?: string;
  readonly hint?: string;
  /** What enforces limits. */
  readonly limits: string;
  /** What is not enforced on that machine, such as `memory`. */
  readonly missing: readonly string[];
}

/** A runtime process that has not stopped in order. */
export interface RuntimeRow {
  readonly processId: string;
  readonly pid: number;
  /** Start time in the words of its host: tells it from an earlier process with the same pid. */
  readonly pidStarted: string;
  /** Null: the process did not say. */
  readonly isolation: RuntimeIsolation | null;
}

/** Runtimes that have not stopped in order, the newest first. One that died is here until its beat is found lost. */
export async function readRuntimes(db: Queryable): Promise<RuntimeRow[]> {
  const { rows } = await db.query(
    `select process_id as "processId", pid, pid_started as "pidStarted", facts -> 'isolation' as isolation
     from process_beats where role = 'runtime' and stopped_at is null order by started_at desc, process_id desc`,
  );
  return rows as unknown as RuntimeRow[];
}
