import type { Pool } from '../../../../platform/postgres/connect.ts';
import type { RunKey } from '../../../../runtime/apis/run.ts';
import type { StoredFacts, StoredRecord } from '../../../contract/run-store.ts';

/** Reads back what is stored of one run. */
export async function readFacts(pool: Pool, key: RunKey): Promise<StoredFacts> {
  const { rows } = await pool.query<StoredFacts>(
    `select r.state, r.attempt, r.epoch, r.reason, r.dead_lettered_at is not null as "deadLettered",
            l.run_id as "leaseRunId", l.epoch as "leaseEpoch", s.due_at is not null as told,
            coalesce((select jsonb_agg(jsonb_build_object('type', type, 'attempt', attempt, 'data', data) order by seq)
                        from run_events e where e.run_id = r.run_id), '[]') as events,
            coalesce((select jsonb_agg(jsonb_build_object('attempt', attempt, 'state', a.state, 'reason', a.reason) order by attempt)
                        from run_attempts a where a.run_id = r.run_id), '[]') as attempts,
            (select log from run_logs g where g.run_id = r.run_id) as log
       from runs r join instance_leases l using (connector_instance_id)
       join connector_specs s on s.instance_id = r.connector_instance_id
      where r.run_id = $1`,
    [key.runId],
  );
  return rows[0] as StoredFacts;
}

/** Current records of the instance, by stream and key. */
export async function readRecords(pool: Pool, key: RunKey): Promise<StoredRecord[]> {
  const { rows } = await pool.query<StoredRecord>(
    `select stream, key, data::text as data, deleted, version from records where connector_instance_id = $1 order by stream, key`,
    [key.connectorInstanceId],
  );
  return rows;
}

/** Superseded bodies of the instance, oldest version first. */
export async function readHistory(pool: Pool, key: RunKey): Promise<(StoredRecord & { supersededBy: number })[]> {
  const { rows } = await pool.query<StoredRecord & { supersededBy: number }>(
    `select stream, key, data::text as data, deleted, version, superseded_by as "supersededBy" from record_changes
      where connector_instance_id = $1 order by version`,
    [key.connectorInstanceId],
  );
  return rows;
}

/** Stored cursors of the instance by stream. */
export async function readCursors(pool: Pool, key: RunKey): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ stream: string; cursor: string }>(
    'select stream, cursor::text as cursor from checkpoints where connector_instance_id = $1 order by stream',
    [key.connectorInstanceId],
  );
  return Object.fromEntries(rows.map(({ stream, cursor }) => [stream, cursor]));
}
