import type { PhaseWrite, ReconcileWrites } from '../../apis/ports.ts';
import { apiError } from '../../apis/errors.ts';
import type { Queryable } from '../queryable.ts';
import { SPEC_OWNED_COLUMNS } from './instance-codec.ts';

const columns = SPEC_OWNED_COLUMNS.map(([column]) => column).join(', ');
const values = SPEC_OWNED_COLUMNS.map(([, field]) => `x."${field}"`).join(', ');
const shape = ['"instanceId" uuid', ...SPEC_OWNED_COLUMNS.map(([, field, type]) => `"${field}" ${type}`)].join(', ');
const assignments = SPEC_OWNED_COLUMNS.map(([column, field]) => `${column} = x."${field}"`).join(', ');

/** Inserts instances, each with its lease at epoch 0. */
export async function insertInstances(db: Queryable, instances: ReconcileWrites['insertInstances']): Promise<void> {
  if (instances.length === 0) return;
  await db.query(
    `with made as (
       insert into connector_instances (connector_instance_id, ${columns}, phase, phase_reason)
       select x."instanceId", ${values}, x."phase", x."phaseReason"
       from jsonb_to_recordset($1::jsonb) as x(${shape}, "phase" text, "phaseReason" text)
       returning connector_instance_id)
     insert into instance_leases (connector_instance_id) select connector_instance_id from made on conflict do nothing`,
    [JSON.stringify(instances)],
  );
}

/** Puts spec-owned fields to their values; lifts a soft delete and starts the way back from disabled where asked. */
export async function updateInstances(db: Queryable, instances: ReconcileWrites['updateInstances']): Promise<void> {
  if (instances.length === 0) return;
  await db.query(
    `update connector_instances i set ${assignments}, updated_at = now(),
       status = case when x."restoreFrom" is null then i.status else 'active' end,
       deleted_at = case when x."restoreFrom" is null then i.deleted_at end,
       purge_after = case when x."restoreFrom" is null then i.purge_after end,
       phase = case when x."toProvisioning" and i.phase = 'disabled' then 'provisioning' else i.phase end,
       phase_reason = case when x."toProvisioning" then null else i.phase_reason end
     from jsonb_to_recordset($1::jsonb) as x(${shape}, "restoreFrom" text, "toProvisioning" boolean)
     where i.connector_instance_id = x."instanceId" and (x."restoreFrom" is null or i.status = x."restoreFrom")`,
    [JSON.stringify(instances)],
  );
}

/** Writes phases and facts; each phase only from the one that it starts from, facts only forward. */
export async function writePhases(db: Queryable, steps: readonly PhaseWrite[]): Promise<void> {
  if (steps.length === 0) return;
  const { rowCount } = await db.query(
    `update connector_instances i set phase = x."phase", phase_reason = x."phaseReason", updated_at = now(),
       last_success_at = greatest(i.last_success_at, x."lastSuccessAt"), last_error = coalesce(x."lastError", i.last_error),
       health_checked_at = greatest(i.health_checked_at, x."healthCheckedAt")
     from jsonb_to_recordset($1::jsonb) as x("instanceId" uuid, "fromPhase" text, "phase" text, "phaseReason" text,
       "lastSuccessAt" timestamptz, "lastError" jsonb, "healthCheckedAt" timestamptz)
     where i.connector_instance_id = x."instanceId" and i.phase = x."fromPhase"`,
    [JSON.stringify(steps.map((step) => ({ ...step, lastError: step.lastError ?? undefined })))],
  );
  if (rowCount !== steps.length) throw apiError('IllegalTransition', { axis: 'phase', from: 'the one that was read', to: 'another' });
}

/**
 * Soft-deletes instances for their retention: revoked, disabled, purged later. Leases are locked first: a start that came before keeps
 * its instance (its id is returned), a start that comes after finds the instance deleted.
 */
export async function retireInstances(db: Queryable, retirements: ReconcileWrites['retireInstances']): Promise<ReadonlySet<string>> {
  if (retirements.length === 0) return new Set();
  const leases = await db.query(
    `select connector_instance_id, run_id from instance_leases where connector_instance_id = any($1::uuid[])
     order by connector_instance_id for update`,
    [retirements.map((retirement) => retirement.instanceId)],
  );
  const held = new Set(leases.rows.filter((row) => row['run_id'] !== null).map((row) => row['connector_instance_id'] as string));
  const free = retirements.filter((retirement) => !held.has(retirement.instanceId));
  const { rowCount } = await db.query(
    `update connector_instances i set enabled = false, status = 'revoked', phase = 'disabled', phase_reason = 'Removing', deleted_at = now(),
       purge_after = now() + x."retentionMs" * interval '1 millisecond', updated_at = now()
     from jsonb_to_recordset($1::jsonb) as x("instanceId" uuid, "fromStatus" text, "fromPhase" text, "retentionMs" bigint)
     where i.connector_instance_id = x."instanceId" and i.status = x."fromStatus" and i.phase = x."fromPhase" and i.deleted_at is null`,
    [JSON.stringify(free)],
  );
  if (rowCount !== free.length) throw apiError('IllegalTransition', { axis: 'status', from: 'the one that was read', to: 'revoked' });
  return held;
}
