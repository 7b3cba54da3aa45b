import type { RunRow } from '../../apis/runs.ts';
import { inFlightStates } from '../../../schemas/run-words.ts';

/** Select list that makes a `RunRow` of `runs r`. */
export const runColumns = `
  r.connector_instance_id as "instanceId", r.run_id as "runId", r.namespace, r.connector_name as "connectorName",
  r.connector_key as "connectorKey", r.connector_type_version as "connectorTypeVersion", r.revision, r.trigger, r.runner, r.state,
  r.reason, r.message, r.failure_class as "failureClass", r.attempt, r.trace_id as "traceId", r.requested_by as "requestedBy",
  r.scheduled_for as "scheduledFor", r.due_at as "dueAt", r.cancel_requested_at as "cancelRequestedAt", r.created_at as "createdAt",
  r.started_at as "startedAt", r.finished_at as "finishedAt", r.records_emitted as "recordsEmitted", r.streams, r.checkpoint,
  r.known_gaps as "knownGaps", r.violation, r.connector_error as "connectorError", r.dead_lettered_at as "deadLetteredAt"`;

/** States in which a runtime holds the run, as SQL text. */
export const inFlight = `('${inFlightStates.join("', '")}')`;

/** Rows as the driver gives them, under the names of the select list. */
export function asRunRows(rows: Record<string, unknown>[]): RunRow[] {
  return rows as unknown as RunRow[];
}
