import type { CollectionSpec, CredentialsSpec, ExecutionSpec, InboundSpec, LimitsSpec, ScheduleSpec } from '../../../schemas/connector.ts';
import type { PolicyBinding } from '../../../schemas/policy-template.ts';
import type { FailureClass, RunState } from '../../../schemas/run-words.ts';
import type { InstanceRow, LastError, RunSummary, ScheduleRow } from '../../apis/rows.ts';
import type { LifecycleStatus, Phase } from '../../apis/status/phases.ts';

/** Columns of connector_instances that `decodeInstance` reads. */
export const INSTANCE_COLUMNS = `i.connector_instance_id, i.namespace, i.name, i.owner_type, i.owner_id, i.project_id, i.connector_key,
  i.connector_type_version, i.config_schema_version, i.display_name, i.enabled, i.revision, i.config, i.credentials, i.policy, i.limits,
  i.rate_limit_policy, i.collection, i.inbound, i.execution, i.status, i.phase, i.phase_reason, i.last_success_at, i.last_error,
  i.health_checked_at, i.deleted_at, i.purge_after`;

/** The spec-owned columns with the type that a jsonb parameter is read as; the same list writes and updates them. */
export const SPEC_OWNED_COLUMNS: readonly (readonly [column: string, field: string, type: string])[] = [
  ['namespace', 'namespace', 'text'],
  ['name', 'name', 'text'],
  ['owner_type', 'ownerType', 'text'],
  ['owner_id', 'ownerId', 'uuid'],
  ['project_id', 'projectId', 'text'],
  ['connector_key', 'connectorKey', 'text'],
  ['connector_type_version', 'connectorTypeVersion', 'text'],
  ['config_schema_version', 'configSchemaVersion', 'integer'],
  ['display_name', 'displayName', 'text'],
  ['enabled', 'enabled', 'boolean'],
  ['revision', 'revision', 'text'],
  ['config', 'config', 'jsonb'],
  ['credentials', 'credentials', 'jsonb'],
  ['policy', 'policy', 'jsonb'],
  ['limits', 'limits', 'jsonb'],
  ['rate_limit_policy', 'rateLimitPolicy', 'jsonb'],
  ['collection', 'collection', 'jsonb'],
  ['inbound', 'inbound', 'jsonb'],
  ['execution', 'execution', 'jsonb'],
];

/** A row of connector_instances out of the database. */
export function decodeInstance(row: Record<string, unknown>): InstanceRow {
  return {
    instanceId: row['connector_instance_id'] as string,
    namespace: row['namespace'] as string,
    name: row['name'] as string,
    ownerType: row['owner_type'] as 'user' | 'group',
    ownerId: row['owner_id'] as string,
    projectId: row['project_id'] as string | null,
    connectorKey: row['connector_key'] as string,
    connectorTypeVersion: row['connector_type_version'] as string,
    configSchemaVersion: row['config_schema_version'] as number,
    displayName: row['display_name'] as string | null,
    enabled: row['enabled'] as boolean,
    revision: row['revision'] as string,
    config: row['config'] as Record<string, unknown>,
    credentials: row['credentials'] as CredentialsSpec,
    policy: row['policy'] as PolicyBinding,
    limits: row['limits'] as LimitsSpec,
    rateLimitPolicy: row['rate_limit_policy'] as InstanceRow['rateLimitPolicy'],
    collection: row['collection'] as CollectionSpec,
    inbound: row['inbound'] as InboundSpec,
    execution: row['execution'] as ExecutionSpec,
    status: row['status'] as LifecycleStatus,
    phase: row['phase'] as Phase,
    phaseReason: row['phase_reason'] as string | null,
    lastSuccessAt: row['last_success_at'] as Date | null,
    lastError: row['last_error'] as LastError | null,
    healthCheckedAt: row['health_checked_at'] as Date | null,
    deletedAt: row['deleted_at'] as Date | null,
    purgeAfter: row['purge_after'] as Date | null,
  };
}

/** The schedule of a joined row, whose columns come aliased; null when there is none. */
export function decodeSchedule(row: Record<string, unknown>): ScheduleRow | null {
  if (row['schedule'] === null) return null;
  return {
    schedule: row['schedule'] as ScheduleSpec,
    suspended: row['suspended'] as boolean,
    pausedAt: row['paused_at'] as Date | null,
    anchorAt: row['anchor_at'] as Date,
    lastTickAt: row['last_tick_at'] as Date | null,
    nextRunAt: row['next_run_at'] as Date | null,
    dueAt: row['due_at'] as Date | null,
  };
}

/** A run of a joined row as `run_json` packs it; null when there is none. */
export function decodeRun(packed: unknown): RunSummary | null {
  if (packed === null || packed === undefined) return null;
  const run = packed as Record<string, unknown>;
  return {
    runId: run['run_id'] as string,
    state: run['state'] as RunState,
    reason: run['reason'] as string | null,
    message: run['message'] as string | null,
    failureClass: run['failure_class'] as FailureClass | null,
    connectorError: run['connector_error'] as Record<string, unknown> | null,
    startedAt: date(run['started_at']),
    finishedAt: date(run['finished_at']),
    cancelRequestedAt: date(run['cancel_requested_at']),
    recordsEmitted: Number(run['records_emitted']),
  };
}

/** Packs a run row into one jsonb value, so that a join can carry several. */
export function runJson(alias: string): string {
  const fields = ['run_id', 'state', 'reason', 'message', 'failure_class', 'connector_error', 'started_at', 'finished_at'];
  const pairs = [...fields, 'cancel_requested_at', 'records_emitted'].map((field) => `'${field}', ${alias}.${field}`);
  return `jsonb_build_object(${pairs.join(', ')})`;
}

function date(text: unknown): Date | null {
  return typeof text === 'string' ? new Date(text) : null;
}
