import { systemClock } from '../../platform/clock.ts';
import { systemIds } from '../../platform/ids.ts';
import type { Pool, Session } from '../../platform/postgres/connect.ts';
import type { ConnectorTypeSpec } from '../../schemas/connector-type.ts';
import type { RunKey } from '../../runtime/apis/run.ts';
import { stream } from './protocol.ts';

const ids = systemIds(systemClock);

/** What makes a stored run different from the plain one: a pending, due, manual subprocess run of a connector of its own. */
export interface StoredRunOptions {
  readonly namespace?: string;
  /** connector_key; made once and shared by name. */
  readonly type?: string;
  readonly trigger?: 'schedule' | 'manual';
  readonly runner?: 'subprocess' | 'pod';
  readonly state?: 'pending' | 'starting' | 'running';
  readonly processId?: string;
  /** SQL expression of the moment. */
  readonly dueAt?: string;
  readonly config?: Record<string, unknown>;
}

/** A type with one stream `items`. */
export function typeSpec(): ConnectorTypeSpec {
  return {
    version: '1.0.0',
    operationSchemaVersion: 1,
    displayName: 'Test',
    configSchema: { version: 1, schema: { type: 'object' } },
    auth: { kind: 'none' },
    runtime: { protocol: 'pdpp', command: ['true'] },
    streams: [stream()],
    operations: [],
  };
}

/** Writes a connector (type, spec, revision, instance), its lease and a run that holds it. */
export async function storeRun(pool: Pool, options: StoredRunOptions = {}): Promise<RunKey> {
  const instanceId = ids.uuid();
  const type = options.type ?? `t-${instanceId.slice(-12)}`;
  await storeType(pool, type);
  await storeInstance(pool, { ...options, type, instanceId });
  return storeRunOf(pool, instanceId, options);
}

/** Writes another run of a connector that has none, under the next epoch. */
export async function storeRunOf(db: Session, instanceId: string, options: StoredRunOptions = {}): Promise<RunKey> {
  const { trigger = 'manual', runner = 'subprocess', state = 'pending' } = options;
  const runId = ids.uuid();
  const { rows } = await db.query<{ epoch: number }>(
    `insert into instance_leases (connector_instance_id, epoch, run_id) values ($1, 1, $2)
     on conflict (connector_instance_id) do update set epoch = instance_leases.epoch + 1, run_id = excluded.run_id returning epoch`,
    [instanceId, runId],
  );
  const epoch = rows[0]?.epoch ?? 0;
  const processId = options.processId ?? null;
  await db.query(
    `insert into runs (connector_instance_id, run_id, namespace, connector_name, connector_key, connector_type_version, revision, trigger,
       runner, state, epoch, trace_id, due_at, process_id, started_at)
     select $1, $2, namespace, name, connector_key, connector_type_version, revision, $3, $4, $5, $6, 'trace',
            case when $5 = 'pending' then ${options.dueAt ?? 'now()'} end, $7, case when $5 = 'running' then now() end
       from connector_instances where connector_instance_id = $1`,
    [instanceId, runId, trigger, runner, state, epoch, processId],
  );
  await db.query(
    `insert into run_attempts (connector_instance_id, run_id, attempt, epoch, process_id, state)
     select $1, $2, 1, $3, $4, $5 where $5 <> 'pending'`,
    [instanceId, runId, epoch, processId, state],
  );
  return { connectorInstanceId: instanceId, runId, attempt: 1, epoch };
}

/** Raises the epoch, as a takeover does: the run of this key is fenced. */
export async function fence(pool: Pool, key: RunKey): Promise<void> {
  await pool.query('update instance_leases set epoch = epoch + 1 where connector_instance_id = $1', [key.connectorInstanceId]);
}

async function storeType(pool: Pool, type: string): Promise<void> {
  await pool.query(
    `insert into connector_types (connector_key, version, digest, document, config_schema_version, operation_schema_version, origin)
     values ($1, '1.0.0', 'd', $2, 1, 1, '{"kind": "folder", "folder": "/types/test", "file": "/types/test/type.yaml"}') on conflict do nothing`,
    [type, JSON.stringify(typeSpec())],
  );
}

async function storeInstance(pool: Pool, options: StoredRunOptions & { type: string; instanceId: string }): Promise<void> {
  const { instanceId, type, namespace = 'default', config = {} } = options;
  const name = `c-${instanceId.slice(-12)}`;
  const uid = ids.uuid();
  const spec = JSON.stringify({ owner: { type: 'group', id: instanceId }, type, typeVersion: '1.0.0', config });
  await pool.query(`insert into sources (name, kind, fingerprint) values ('upload', 'upload', '') on conflict do nothing`);
  await pool.query(
    `insert into connector_specs (namespace, name, uid, instance_id, source, spec, spec_digest, submitted_digest, accepted_revision, due_at)
     values ($1, $2, $3, $4, 'upload', $5, 'r1', 'r1', 'r1', null)`,
    [namespace, name, uid, instanceId, spec],
  );
  await pool.query(
    `insert into spec_revisions (spec_uid, revision, generation, spec, connector_type_version, config_schema_version)
     values ($1, 'r1', 1, $2, '1.0.0', 1)`,
    [uid, spec],
  );
  await pool.query(
    `insert into connector_instances (connector_instance_id, namespace, name, owner_type, owner_id, connector_key, connector_type_version,
       config_schema_version, enabled, revision, config, credentials, policy, limits, collection, inbound, execution)
     values ($1, $2, $3, 'group', $1, $4, '1.0.0', 1, true, 'r1', $5, '{"mode": "none"}', '{}', '{}', '{}', '{}', '{}')`,
    [instanceId, namespace, name, type, JSON.stringify(config)],
  );
}
