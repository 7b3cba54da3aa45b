import type { Queryable } from './queryable.ts';
import { inFlight } from './runs/run-columns.ts';

/** What is there and what waits, in one query over partial indexes. */
export interface FleetCounts {
  readonly connectors: ReadonlyMap<string, number>;
  readonly runs: ReadonlyMap<string, number>;
  readonly oldestDueSeconds: ReadonlyMap<string, number>;
}

/** Counts for a scrape of the metrics. */
export async function readFleetNumbers(db: Queryable): Promise<FleetCounts> {
  const { rows } = await db.query(
    `select 'connectors' as what, phase as label, count(*)::float8 as n from connector_instances where deleted_at is null group by phase
     union all
     select 'runs', state, count(*)::float8 from runs where state in ${inFlight} or due_at is not null group by state
     union all
     select 'due', 'specs', coalesce(extract(epoch from now() - min(due_at)), 0)::float8 from connector_specs where due_at is not null
     union all
     select 'due', 'schedules', coalesce(extract(epoch from now() - min(due_at)), 0)::float8 from schedules where due_at is not null
     union all
     select 'due', 'runs', coalesce(extract(epoch from now() - min(due_at)), 0)::float8 from runs where due_at is not null`,
  );
  const of = (what: string): Map<string, number> =>
    new Map(rows.filter((row) => row['what'] === what).map((row) => [row['label'] as string, Math.max(0, row['n'] as number)]));
  return { connectors: of('connectors'), runs: of('runs'), oldestDueSeconds: of('due') };
}

/** How many documents each source has. */
export async function countBySource(db: Queryable): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query('select source, count(*)::integer as n from connector_specs group by source');
  return new Map(rows.map((row) => [row['source'] as string, Number(row['n'])]));
}
