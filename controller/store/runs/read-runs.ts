import type { RunAttemptRow, RunEventRow, RunLogRow, RunReader } from '../../apis/runs.ts';
import type { Queryable } from '../queryable.ts';
import { asRunRows, runColumns } from './run-columns.ts';

/** Runs for readers. Every statement names the instance, the first column of each key. */
export function createRunReader(db: Queryable): RunReader {
  return {
    async list(instanceId, { limit, before }) {
      // Run ids are UUIDv7: their order is the order of birth, and the primary key serves it.
      const { rows } = await db.query(
        `select ${runColumns} from runs r
          where r.connector_instance_id = $1 and ($2::uuid is null or r.run_id < $2)
          order by r.run_id desc limit $3`,
        [instanceId, before ?? null, limit],
      );
      return asRunRows(rows);
    },
    async get({ instanceId, runId }) {
      const { rows } = await db.query(`select ${runColumns} from runs r where r.connector_instance_id = $1 and r.run_id = $2`, [
        instanceId,
        runId,
      ]);
      return asRunRows(rows)[0] ?? null;
    },
    async attempts({ instanceId, runId }) {
      const { rows } = await db.query(
        `select attempt, state, reason, message, failure_class as "failureClass", records_emitted as "recordsEmitted",
                started_at as "startedAt", finished_at as "finishedAt"
           from run_attempts where connector_instance_id = $1 and run_id = $2 order by attempt`,
        [instanceId, runId],
      );
      return rows as unknown as RunAttemptRow[];
    },
    async eventsAfter({ instanceId, runId }, seq, limit) {
      const { rows } = await db.query(
        `select seq, attempt, type, at, data from run_events
          where connector_instance_id = $1 and run_id = $2 and seq > $3 order by seq limit $4`,
        [instanceId, runId, seq, limit],
      );
      return rows as unknown as RunEventRow[];
    },
    async log({ instanceId, runId }, attempt) {
      const { rows } = await db.query(
        `select attempt, log, bytes_observed as "bytesObserved" from run_logs
          where connector_instance_id = $1 and run_id = $2 and ($3::integer is null or attempt = $3)
          order by attempt desc limit 1`,
        [instanceId, runId, attempt ?? null],
      );
      return (rows[0] as unknown as RunLogRow | undefined) ?? null;
    },
  };
}
