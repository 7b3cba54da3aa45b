import type { Session } from '../../../../platform/postgres/connect.ts';
import type { PackedRecord, RunKey } from '../../../apis/run.ts';
import { jsonArray, textArray } from './binary-array.ts';
import { fenceValues, leaseLost, WITH_FENCE } from '../fence.ts';

/**
 * What one statement does, in the order in which PostgreSQL is made to do it:
 *
 * - input: one row a record; a body that is null is a delete. `json` keeps the bytes of a body and is checked once, as it comes in.
 * - changed: those that differ from what is stored. The lookup is lateral with a limit, so that no plan but one index probe a key is
 *   possible, and keys above the highest one stored, as most of a first sync and of an append-only stream are, need not even that. A
 *   delete of an unknown key is no change: there is nothing to take away, and connectors that repeat their deletes must not
 *   fill the table with tombstones.
 * - counter: locks the version row of each stream and raises it. Held until commit, so commit order is version order. Taken late: parsing
 *   and comparing of the next batch overlap with the inserts of this one. It only moves from the version that the comparison was based
 *   on: the one in the statement's snapshot, or the one that the batch before will leave ($8). From any other version nothing is
 *   written and the batch is told to be compared again.
 * - history: the superseded bodies.
 * - replaced, fresh: the current rows. Apart, because `on conflict` costs a WAL record more a row, which new rows need not pay.
 *
 * `offset 0` keeps the planner from joining through a hash of all bodies, which it would, as it expects one row.
 * A version is the batch's base plus the record's place in it: unchanged records leave gaps, order stays that of emission.
 */
const WRITE_BATCH = `${WITH_FENCE},
input as not materialized (
  select coalesce(stream, $9::text) as stream, key, emitted_at::timestamptz as emitted_at, data is null as deleted, data, place
    from unnest($4::text[], $5::text[], $6::text[], $7::json[]) with ordinality as batch (stream, key, emitted_at, data, place)),
top as materialized (
  select max(key) as key from records where connector_instance_id = $1 and stream = $9),
changed as materialized (
  select i.*, r.version as old_version, r.deleted as old_deleted, r.emitted_at as old_emitted_at, r.data as old_data
    from input i
    left join lateral (
      select * from records c where c.connector_instance_id = $1 and c.stream = i.stream and c.key = i.key
         and (i.stream <> $9 or i.key collate "C" <= (select key from top)) limit 1) r on true
   where exists (select from fence)
     and case when r.key is null then not i.deleted
              else r.deleted <> i.deleted or r.data::text is distinct from i.data::text end),
streams as materialized (select stream, count(*) as changed, count(old_version) as replaced from changed group by stream),
counter as (
  insert into stream_versions as v (connector_instance_id, stream, version)
  select $1, stream, $10 from streams
      on conflict (connector_instance_id, stream) do update set version = v.version + excluded.version
   where v.version = coalesce($8::bigint,
         (select s.version from stream_versions s where s.connector_instance_id = $1 and s.stream = excluded.stream))
  returning stream, version, version - $10::bigint as base),
history as (
  insert into record_changes (connector_instance_id, stream, key, version, deleted, emitted_at, data, superseded_by)
  select $1, c.stream, c.key, c.old_version, c.old_deleted, c.old_emitted_at, c.old_data, n.base + c.place
    from changed c cross join lateral (select base from counter where counter.stream = c.stream offset 0) n
   where (select sum(replaced) > 0 from streams) and c.old_version is not null),
replaced as (
  insert into records (connector_instance_id, stream, key, version, deleted, emitted_at, data)
  select $1, c.stream, c.key, n.base + c.place, c.deleted, c.emitted_at, c.data
    from changed c cross join lateral (select base from counter where counter.stream = c.stream offset 0) n
   where (select sum(replaced) > 0 from streams) and c.old_version is not null
      on conflict (connector_instance_id, stream, key) do update
     set version = excluded.version, deleted = excluded.deleted, emitted_at = excluded.emitted_at, data = excluded.data),
fresh as (
  insert into records (connector_instance_id, stream, key, version, deleted, emitted_at, data)
  select $1, c.stream, c.key, n.base + c.place, c.deleted, c.emitted_at, c.data
    from changed c cross join lateral (select base from counter where counter.stream = c.stream offset 0) n
   where c.old_version is null)
select (select count(*) from fence) as held, (select coalesce(sum(changed), 0)::bigint from streams) as changed,
       (select count(*) from streams) as streams, (select count(*) from counter) as counted,
       coalesce((select max(version) from counter),
         (select version from stream_versions s where s.connector_instance_id = $1 and s.stream = $9)) as version`;

interface Answer {
  held: number;
  changed: number;
  streams: number;
  counted: number;
  version: number | null;
}

/** `out_of_turn`: the stored versions moved meanwhile; nothing, or of several streams only some, was written: compare again. */
export type BatchResult =
  | { readonly outcome: 'written'; readonly changed: number; readonly version: number | null }
  | { readonly outcome: 'out_of_turn' };

/**
 * Writes one batch without equal keys. `after`: the version that the batch in flight will leave in the one stream of this batch; null when
 * none is in flight. Not named, so each execution is planned for the size that the tables have by then. Throws `LeaseLost`.
 */
export async function writeBatch(db: Session, key: RunKey, batch: readonly PackedRecord[], after: number | null): Promise<BatchResult> {
  const { rows } = await db.query<Answer>(WRITE_BATCH, [...fenceValues(key), ...columns(batch), after, batch[0]?.stream, batch.length]);
  const answer = rows[0] as Answer;
  if (answer.held === 0) throw leaseLost(key);
  if (answer.counted < answer.streams) return { outcome: 'out_of_turn' };
  return { outcome: 'written', changed: answer.changed, version: answer.version };
}

/** Parameters $4 to $7. */
function columns(batch: readonly PackedRecord[]): Buffer[] {
  const first = batch[0]?.stream;
  const oneStream = batch.every(({ stream }) => stream === first);
  return [
    // Empty when all are of one stream ($9), which is the rule.
    textArray(oneStream ? [] : batch.map(({ stream }) => stream)),
    textArray(batch.map(({ key }) => key)),
    textArray(batch.map(({ emittedAt }) => emittedAt)),
    jsonArray(batch),
  ];
}
