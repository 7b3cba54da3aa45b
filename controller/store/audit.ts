import type { Actor, AuditEvent, FieldChange } from '../apis/rows.ts';
import type { Queryable } from './queryable.ts';

/** Appends audit events; in the transaction of what they tell of, so that neither is there without the other. */
export async function appendAudit(db: Queryable, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  await db.query(
    `insert into audit_events (actor, action, outcome, reason, namespace, name, connector_instance_id, source, revision, request_id, changes)
     select x."actor", x."action", x."outcome", x."reason", x."namespace", x."name", x."instanceId", x."source", x."revision",
       x."requestId", x."changes"
     from jsonb_to_recordset($1::jsonb) as x("actor" jsonb, "action" text, "outcome" text, "reason" text, "namespace" text, "name" text,
       "instanceId" uuid, "source" text, "revision" text, "requestId" text, "changes" jsonb)`,
    [JSON.stringify(events)],
  );
}

/** An audit event as it is read. */
export interface StoredAuditEvent extends AuditEvent {
  readonly seq: number;
  readonly at: Date;
}

/** Which events; without a field that names something, all. */
export interface AuditFilter {
  readonly namespace?: string;
  readonly name?: string;
  /** Events of this instance alone: a name may have belonged to somebody else before. */
  readonly instanceId?: string;
  /** Number of the last event that was seen; pages on. */
  readonly before?: number;
  readonly limit: number;
}

/** Audit events, newest first. */
export async function listAudit(db: Queryable, filter: AuditFilter): Promise<StoredAuditEvent[]> {
  const { rows } = await db.query(
    `select seq, at, actor, action, outcome, reason, namespace, name, connector_instance_id, source, revision, request_id, changes
     from audit_events
     where ($1::text is null or namespace = $1) and ($2::text is null or name = $2) and ($3::bigint is null or seq < $3)
       and ($5::uuid is null or connector_instance_id = $5)
     order by seq desc limit $4`,
    [filter.namespace ?? null, filter.name ?? null, filter.before ?? null, filter.limit, filter.instanceId ?? null],
  );
  return rows.map(decodeEvent);
}

function decodeEvent(row: Record<string, unknown>): StoredAuditEvent {
  const optional = (key: string, column: string): object => (row[column] === null ? {} : { [key]: row[column] });
  return {
    seq: Number(row['seq']),
    at: row['at'] as Date,
    actor: row['actor'] as Actor,
    action: row['action'] as string,
    outcome: row['outcome'] as AuditEvent['outcome'],
    ...optional('reason', 'reason'),
    ...optional('namespace', 'namespace'),
    ...optional('name', 'name'),
    ...optional('instanceId', 'connector_instance_id'),
    ...optional('source', 'source'),
    ...optional('revision', 'revision'),
    ...optional('requestId', 'request_id'),
    ...(row['changes'] === null ? {} : { changes: row['changes'] as FieldChange[] }),
  };
}
