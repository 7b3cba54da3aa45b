import type { Queryable } from './queryable.ts';

/**
 * Locks the leases of these instances that nobody holds, and makes those that are missing. Never waits: a lease that another
 * transaction is taking right now counts as taken. Lock order everywhere: lease before run.
 */
export async function lockFreeLeases(tx: Queryable, instanceIds: readonly string[]): Promise<Set<string>> {
  await tx.query('insert into instance_leases (connector_instance_id) select unnest($1::uuid[]) on conflict do nothing', [instanceIds]);
  const { rows } = await tx.query(
    `select connector_instance_id from instance_leases
      where connector_instance_id = any ($1::uuid[]) and run_id is null
        for update skip locked`,
    [instanceIds],
  );
  return new Set(rows.map((row) => row['connector_instance_id'] as string));
}

/** Locks one instance's lease, waiting for whoever holds the lock, and tells who has it. Null: the instance is gone. */
export async function lockLease(tx: Queryable, instanceId: string): Promise<{ epoch: number; runId: string | null } | null> {
  await tx.query(
    `insert into instance_leases (connector_instance_id)
     select connector_instance_id from connector_instances where connector_instance_id = $1 on conflict do nothing`,
    [instanceId],
  );
  const { rows } = await tx.query('select epoch, run_id as "runId" from instance_leases where connector_instance_id = $1 for update', [
    instanceId,
  ]);
  const row = rows[0];
  return row === undefined ? null : { epoch: Number(row['epoch']), runId: row['runId'] as string | null };
}

/** The run that holds an instance's lease; null when none does. */
export async function readActiveRun(db: Queryable, instanceId: string): Promise<string | null> {
  const { rows } = await db.query('select run_id from instance_leases where connector_instance_id = $1', [instanceId]);
  return (rows[0]?.['run_id'] ?? null) as string | null;
}
