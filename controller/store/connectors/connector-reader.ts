import { connectorView } from '../../apis/connector-view.ts';
import type { ConnectorChange, ConnectorQuery, ConnectorReader, LabelTerm, ReadConnector, Visibility } from '../../apis/gateway-ports.ts';
import { decodeRun, runJson } from '../instances/instance-codec.ts';
import type { Queryable } from '../queryable.ts';
import { listRevisions } from '../specs/revisions.ts';
import { decodeSpec, SPEC_COLUMNS } from '../specs/spec-codec.ts';

/** One object with its live facts: the schedule's next time and the newest run, read through the keys of one instance. */
const VIEW_COLUMNS = `${SPEC_COLUMNS}, sc.due_at as next_run_at, newest.run as newest_run`;
/** The instance has the owner in force; a refused generation may name any other, and must not be seen by that one. */
const INSTANCE = 'left join connector_instances i on i.connector_instance_id = s.instance_id and i.deleted_at is null';
const FROM = `connector_specs s ${INSTANCE}`;
const VIEW_JOINS = `
  left join schedules sc on sc.connector_instance_id = s.instance_id
  left join lateral (
    select ${runJson('r')} as run from runs r
    where r.connector_instance_id = s.instance_id and r.state <> 'skipped' order by r.run_id desc limit 1
  ) newest on true`;

/** Connectors for readers. A page, a single read and a look for changes are one query each (a page counts what is left in a second). */
export function createConnectorReader(db: Queryable): ConnectorReader {
  return {
    async list(query) {
      const { text, values } = conditions(query);
      const after = query.after === null ? '' : ` and (s.namespace, s.name) > ($${values.length + 2}, $${values.length + 3})`;
      const position = query.after === null ? [] : [query.after.namespace, query.after.name];
      const { rows } = await db.query(
        `select ${VIEW_COLUMNS} from ${FROM} ${VIEW_JOINS} where ${text}${after} order by s.namespace, s.name limit $${values.length + 1}`,
        [...values, query.limit + 1, ...position],
      );
      const items = rows.slice(0, query.limit).map(decodeRead);
      const last = items.at(-1)?.view.metadata;
      if (rows.length <= query.limit || last === undefined) return { items, next: null, remaining: 0 };
      const next = { namespace: last.namespace ?? 'default', name: last.name };
      return { items, next, remaining: await countAfter(db, query, next) };
    },
    async get(key, visibility) {
      const { text, values } = conditions({ visibility, labels: [], namespace: key.namespace });
      const { rows } = await db.query(
        `select ${VIEW_COLUMNS} from ${FROM} ${VIEW_JOINS} where ${text} and s.name = $${values.length + 1}`,
        [...values, key.name],
      );
      return rows[0] === undefined ? null : decodeRead(rows[0]);
    },
    async hidden(keys, visibility) {
      const { text, values } = conditions({ visibility, labels: [] }, 3);
      const { rows } = await db.query(
        `select s.namespace, s.name from unnest($1::text[], $2::text[]) as k(namespace, name)
           join connector_specs s on s.namespace = k.namespace and s.name = k.name ${INSTANCE}
         where (${text}) is not true`,
        [keys.map(({ namespace }) => namespace), keys.map(({ name }) => name), ...values],
      );
      return rows.map((row) => ({ namespace: row['namespace'] as string, name: row['name'] as string }));
    },
    revisions: (key) => listRevisions(db, key),
    async position() {
      const { rows } = await db.query('select pg_current_snapshot()::text as position');
      return rows[0]?.['position'] as string;
    },
    changesSince: (position, visibility) => changesSince(db, position, visibility),
  };
}

async function countAfter(db: Queryable, query: ConnectorQuery, after: { namespace: string; name: string }): Promise<number> {
  const { text, values } = conditions(query);
  const { rows } = await db.query(
    `select count(*) as n from ${FROM} where ${text} and (s.namespace, s.name) > ($${values.length + 1}, $${values.length + 2})`,
    [...values, after.namespace, after.name],
  );
  return Number(rows[0]?.['n'] ?? 0);
}

/**
 * What became visible after the snapshot `position`: no clock and no sequence, so that a transaction that commits late is not missed and
 * none is told twice.
 */
async function changesSince(
  db: Queryable,
  position: string,
  visibility: Visibility,
): Promise<{ changes: ConnectorChange[]; position: string }> {
  const { text, values } = conditions({ visibility, labels: [] }, 2);
  const fresh = (alias: string): string =>
    `${alias}.changed_xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(${alias}.changed_xid, $1::pg_snapshot)`;
  const { rows } = await db.query(
    `select pg_current_snapshot()::text as position, c.* from (select 1) one left join lateral (
       select ${VIEW_COLUMNS}
       from ${FROM} ${VIEW_JOINS} where ${fresh('s')} and ${text}) c on true`,
    [position, ...values],
  );
  const next = rows[0]?.['position'] as string;
  // As of the same snapshot: what commits between the two statements belongs to the next look.
  const gone = await db.query(
    `select t.namespace, t.name, t.uid, t.resource_version from connector_tombstones t
     where ${fresh('t')} and pg_visible_in_snapshot(t.changed_xid, $3::pg_snapshot) and ($2::text[] is null or t.namespace = any($2))`,
    [position, visibility.namespaces, next],
  );
  const changes = rows
    .filter((row) => row['uid'] !== null)
    .map((row): ConnectorChange => ({ type: 'MODIFIED', connector: decodeRead(row) }));
  return { changes: [...changes, ...gone.rows.map(decodeDeletion)], position: next };
}

function decodeRead(row: Record<string, unknown>): ReadConnector {
  const spec = decodeSpec(row);
  const view = connectorView(spec, { newestRun: decodeRun(row['newest_run']), nextRunAt: row['next_run_at'] as Date | null });
  return { view, uid: spec.uid, instanceId: spec.instanceId, source: spec.source };
}

function decodeDeletion(row: Record<string, unknown>): ConnectorChange {
  return {
    type: 'DELETED',
    namespace: row['namespace'] as string,
    name: row['name'] as string,
    uid: row['uid'] as string,
    resourceVersion: String(row['resource_version']),
  };
}

type Filter = Pick<ConnectorQuery, 'visibility' | 'labels'> & Partial<Pick<ConnectorQuery, 'namespace' | 'type'>>;

/** The filter as SQL over `s`, its parameters numbered from `first`. What a subject may not see is not in any answer. */
function conditions(filter: Filter, first = 1): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const terms: string[] = ['true'];
  const add = (value: unknown, term: (parameter: string) => string): void => {
    values.push(value);
    terms.push(term(`$${first + values.length - 1}`));
  };
  const { namespaces, owner, projectId } = filter.visibility;
  if (namespaces !== null) add(namespaces, (parameter) => `s.namespace = any(${parameter}::text[])`);
  if (owner !== null) {
    add(owner.type, (parameter) => `coalesce(i.owner_type, s.spec #>> '{owner,type}') = ${parameter}`);
    add(owner.id, (parameter) => `coalesce(i.owner_id::text, s.spec #>> '{owner,id}') = ${parameter}`);
  }
  if (projectId !== null) add(projectId, (parameter) => `coalesce(i.project_id, s.spec ->> 'projectId') = ${parameter}`);
  if (filter.namespace !== undefined) add(filter.namespace, (parameter) => `s.namespace = ${parameter}`);
  if (filter.type !== undefined) add(filter.type, (parameter) => `s.spec ->> 'type' = ${parameter}`);
  for (const label of filter.labels) add([label.key, label.value], (parameter) => labelTerm(label.operator, parameter));
  return { text: terms.join(' and '), values };
}

function labelTerm(operator: LabelTerm['operator'], parameter: string): string {
  const key = `(${parameter}::text[])[1]`;
  const value = `(${parameter}::text[])[2]`;
  switch (operator) {
    case 'equals':
      return `s.labels ->> ${key} = ${value}`;
    case 'differs':
      return `s.labels ->> ${key} is distinct from ${value}`;
    case 'exists':
      return `s.labels ? ${key}`;
    case 'absent':
      return `not s.labels ? ${key}`;
  }
}
