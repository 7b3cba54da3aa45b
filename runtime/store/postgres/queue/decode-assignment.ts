import { withDefaults } from '../../../../schemas/connector-defaults.ts';
import type { ConnectorTypeSpec } from '../../../../schemas/connector-type.ts';
import type { CollectionSpec, ConnectorSpec, CredentialsSpec, ExecutionSpec } from '../../../../schemas/connector.ts';
import type { RunAssignment, TypeOrigin } from '../../../apis/run.ts';

/** A claimed row, as the claim returns it. */
interface ClaimedRow {
  connector_instance_id: string;
  run_id: string;
  attempt: number;
  epoch: number;
  namespace: string;
  connector_name: string;
  connector_key: string;
  connector_type_version: string;
  revision: string;
  trigger: RunAssignment['trigger'];
  trace_id: string;
  document: ConnectorTypeSpec;
  origin: TypeOrigin;
  /** Spec of the run's own revision; null when that is gone. */
  spec: ConnectorSpec | null;
  config: Record<string, unknown>;
  credentials: CredentialsSpec;
  collection: CollectionSpec;
  execution: ExecutionSpec;
}

/**
 * A row of the claim as an assignment. Config and the like come from the revision that the run was made from: an edit changes the next
 * run, not this one. Without that revision the instance's current ones are the best there is.
 */
export function decodeAssignment(fields: Record<string, unknown>): RunAssignment {
  const row = fields as unknown as ClaimedRow;
  const { config, credentials, collection, execution } = row.spec === null ? row : withDefaults(row.spec);
  return {
    connectorInstanceId: row.connector_instance_id,
    runId: row.run_id,
    attempt: row.attempt,
    epoch: row.epoch,
    namespace: row.namespace,
    connectorName: row.connector_name,
    connectorKey: row.connector_key,
    typeVersion: row.connector_type_version,
    type: row.document,
    typeOrigin: { kind: row.origin.kind, folder: row.origin.folder },
    revision: row.revision,
    trigger: row.trigger,
    traceId: row.trace_id,
    config,
    credentials,
    collection,
    execution,
  };
}
