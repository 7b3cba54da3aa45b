import type { RunRequest, StartResult } from '../../apis/runs.ts';
import { lockLease } from '../leases.ts';
import type { Queryable } from '../queryable.ts';

/**
 * Starts a manual run inside the caller's transaction: row and lease together. The lease is locked before the instance is read: whoever
 * disables or removes the instance locks the lease too, so it sees this run or is seen here.
 */
export async function startManualRun(tx: Queryable, request: RunRequest): Promise<StartResult> {
  const lease = await lockLease(tx, request.instanceId);
  const instance = await readInstance(tx, request.instanceId);
  if (lease === null || instance === null) return { outcome: 'absent' };
  const { namespace, name, why } = instance;
  if (why !== null) return { outcome: 'refused', why, namespace, name };
  if (lease.runId !== null) return { outcome: 'active', runId: lease.runId, namespace, name };
  await insertRun(tx, request);
  return { outcome: 'started' };
}

async function readInstance(tx: Queryable, instanceId: string): Promise<{ namespace: string; name: string; why: string | null } | null> {
  const { rows } = await tx.query(
    `select i.namespace, i.name,
            case when i.deleted_at is not null or exists (
                   select 1 from connector_specs s where s.instance_id = i.connector_instance_id and s.deletion_requested_at is not null)
                 then 'it is being removed'
                 when i.status = 'revoked' then 'it is revoked'
                 when not i.enabled then 'it is disabled' end as why
       from connector_instances i
      where i.connector_instance_id = $1 and i.status <> 'draft'`,
    [instanceId],
  );
  return (rows[0] as { namespace: string; name: string; why: string | null } | undefined) ?? null;
}

async function insertRun(tx: Queryable, { instanceId, runId, traceId, requestedBy }: RunRequest): Promise<void> {
  await tx.query(
    `with taken as (
       update instance_leases set epoch = epoch + 1, run_id = $2 where connector_instance_id = $1 and run_id is null returning epoch
     )
     insert into runs (connector_instance_id, run_id, namespace, connector_name, connector_key, connector_type_version, revision,
                       trigger, runner, state, epoch, trace_id, requested_by, due_at)
     select i.connector_instance_id, $2, i.namespace, i.name, i.connector_key, i.connector_type_version, i.revision,
            'manual', coalesce(i.execution ->> 'runner', 'subprocess'), 'pending', t.epoch, $3, $4::jsonb, now()
       from taken t, connector_instances i where i.connector_instance_id = $1`,
    [instanceId, runId, traceId, JSON.stringify(requestedBy)],
  );
  await tx.query(`select pg_notify('runs_due', '')`);
}
