import type { Session } from '../../../../platform/postgres/connect.ts';
import type { RunEvent } from '../../../apis/run.ts';

/** An event with its place in the order of all events. */
export interface NumberedEvent extends RunEvent {
  readonly seq: number;
}

/**
 * Takes numbers for events before the statement that writes them, so that repeating it after a lost connection collides instead of
 * doubling. Taken right before, not in blocks: the order by `seq` is the order in which things happened, over all writers.
 */
export async function numberEvents(db: Session, events: readonly RunEvent[]): Promise<NumberedEvent[]> {
  const { rows } = await db.query<{ seq: number }>(`select nextval('run_event_seq') as seq from generate_series(1, $1)`, [events.length]);
  return events.map((event, index) => ({ ...event, seq: (rows[index] as { seq: number }).seq }));
}

/**
 * CTE that writes numbered events once for each row of `source`; a source without rows writes none. `$json` is the parameter with the
 * events, `$attempt` that with the attempt; $1 and $2 are instance and run.
 */
export function eventsFrom(source: string, parameters: { json: number; attempt: number }): string {
  return `insert into run_events (connector_instance_id, run_id, seq, attempt, type, data)
  select $1, $2, e.seq, $${parameters.attempt}::integer, e.type, e.data
    from ${source} cross join jsonb_to_recordset($${parameters.json}::jsonb) as e (seq bigint, type text, data jsonb)
      on conflict do nothing returning seq`;
}

/** The parameter for `eventsFrom`. */
export function eventsJson(events: readonly NumberedEvent[]): string {
  return JSON.stringify(events);
}
