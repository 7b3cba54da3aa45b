import type { LostRuns } from '../../apis/runs.ts';
import type { Database } from '../queryable.ts';
import { createFences } from './fence-runs.ts';
import { createSettlements } from './settle-runs.ts';

/** Lost runs in PostgreSQL: fenced first, settled when their hold is over. */
export function createLostRuns(db: Database): LostRuns {
  return { ...createFences(db), ...createSettlements(db) };
}
