import type { Queryable } from '../queryable.ts';

/** Has reconcile look at the connectors of these instances: their runs or next times changed, so their status is old. Notifies once. */
export async function makeInstancesDue(db: Queryable, instanceIds: readonly string[]): Promise<void> {
  if (instanceIds.length === 0) return;
  await db.query(
    `with changed as (
       update connector_specs set due_at = now()
        where instance_id = any ($1::uuid[]) and (due_at is null or due_at > now())
       returning 1
     )
     select pg_notify('specs_due', '') from (select count(*) as n from changed) c where c.n > 0`,
    [[...new Set(instanceIds)]],
  );
}
