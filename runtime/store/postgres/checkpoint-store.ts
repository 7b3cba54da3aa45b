import type { Session } from '../../../platform/postgres/connect.ts';
import type { CheckpointStore } from '../../apis/ports.ts';
import type { RunKey, StoredCheckpoint } from '../../apis/run.ts';
import { fenceValues, leaseLost, WITH_FENCE } from './fence.ts';
import { eventsFrom, eventsJson, type NumberedEvent, numberEvents } from './journal/run-events.ts';
import { type Patience, withPatience } from './patience.ts';

/** The adapter of `CheckpointStore`. */
export function createCheckpointStore(db: Session, patience: Patience): CheckpointStore {
  return {
    load: (key) => withPatience(patience, () => loadCheckpoints(db, key)),
    async commit(key, checkpoint, event) {
      const [numbered] = await withPatience(patience, () => numberEvents(db, [event]));
      await withPatience(patience, () => commitCheckpoint(db, key, checkpoint, numbered as NumberedEvent));
    },
  };
}

/** `json` gives back the bytes that were stored. */
const LOAD = `${WITH_FENCE}
select c.stream, c.cursor::text as cursor from fence
  left join checkpoints c on c.connector_instance_id = $1 and c.namespace = '' order by c.stream`;

async function loadCheckpoints(db: Session, key: RunKey): Promise<StoredCheckpoint[]> {
  const { rows } = await db.query<{ stream: string | null; cursor: string }>(LOAD, fenceValues(key));
  if (rows.length === 0) throw leaseLost(key);
  return rows.flatMap(({ stream, cursor }) => (stream === null ? [] : [{ stream, cursorText: cursor }]));
}

/** A cursor and its event, both or neither. `$5` null takes the stored cursor away. */
const COMMIT = `${WITH_FENCE},
stored as (
  insert into checkpoints (connector_instance_id, stream, cursor, run_id, epoch)
  select $1, $4, $5::json, $2, $3 from fence where $5 is not null
      on conflict (connector_instance_id, namespace, stream) do update
     set cursor = excluded.cursor, run_id = excluded.run_id, epoch = excluded.epoch, committed_at = now()),
cleared as (
  delete from checkpoints using fence where $5 is null and connector_instance_id = $1 and namespace = '' and stream = $4),
event as (${eventsFrom('fence', { json: 7, attempt: 6 })})
select count(*) as held from fence`;

async function commitCheckpoint(db: Session, key: RunKey, checkpoint: StoredCheckpoint, event: NumberedEvent): Promise<void> {
  const cursor = checkpoint.cursorText === 'null' ? null : checkpoint.cursorText;
  const values = [...fenceValues(key), checkpoint.stream, cursor, key.attempt, eventsJson([event])];
  const { rows } = await db.query<{ held: number }>(COMMIT, values);
  if (rows[0]?.held !== 1) throw leaseLost(key);
}
