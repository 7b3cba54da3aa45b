import type { Session } from '../postgres/connect.ts';
import type { ProcessIdentity } from './identity.ts';

/** A row of `process_beats` as observers see it. */
export interface BeatRow {
  readonly processId: string;
  readonly role: string;
  readonly host: string;
  readonly pid: number;
  readonly pidStarted: string;
  readonly beat: number;
  readonly stopped: boolean;
}

/** Writes one beat: a new row, or the counter of the existing one. A row that was cleared away meanwhile comes back. */
export const writeBeatSql = `
  insert into process_beats (process_id, role, host, pid, pid_started, beat, facts) values ($1, $2, $3, $4, $5, 1, $6)
  on conflict (process_id) do update set beat = process_beats.beat + 1`;

/** Values of `writeBeatSql`. */
export function writeBeatValues(identity: ProcessIdentity, role: string, facts: Record<string, unknown>): unknown[] {
  return [identity.processId, role, identity.host, identity.pid, identity.pidStarted, JSON.stringify(facts)];
}

/** Marks an orderly end: observers need not wait for silence. */
export const writeStoppedSql = 'update process_beats set stopped_at = now() where process_id = $1';

/** All rows that have not been cleared away, one query a look. */
export async function readBeats(session: Session): Promise<BeatRow[]> {
  const { rows } = await session.query<BeatRow>({
    name: 'read_beats',
    text: `select process_id as "processId", role, host, pid, pid_started as "pidStarted", beat, stopped_at is not null as stopped from process_beats`,
  });
  return rows;
}
