import type { Ids } from '../../platform/ids.ts';
import { terminalReasons } from '../../schemas/terminal-reasons.ts';
import { FINDING_REASONS } from '../apis/finding-reasons.ts';
import type { SpecDoor } from '../apis/gateway-ports.ts';
import { conditionReasons } from '../apis/status/condition-reasons.ts';
import { projectAttempt, projectRun } from '../dispatch/run-projection.ts';
import type { GatewayParts } from '../gateway/gateway-parts.ts';
import type { CurrentCatalog } from '../reconcile/catalog-cache.ts';
import { listAudit } from '../store/audit.ts';
import { createConnectorReader } from '../store/connectors/connector-reader.ts';
import { readFleetNumbers } from '../store/fleet-numbers.ts';
import type { Database } from '../store/queryable.ts';
import { countRecords, listRecords, listStreams } from '../store/records-read.ts';
import { createRunControls } from '../store/runs/run-controls.ts';
import { createRunReader } from '../store/runs/read-runs.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ChangeHub } from './change-hub.ts';
import { composeActions } from './gateway/actions.ts';
import { composeIdempotency } from './gateway/idempotency.ts';
import { composeSourceActions } from './gateway/source-actions.ts';
import { composeTokens } from './gateway/tokens.ts';

/** What the gateway is composed from. */
export interface GatewayComposition {
  readonly db: Database;
  readonly ids: Ids;
  readonly catalog: CurrentCatalog;
  readonly specs: SpecDoor;
  readonly changes: ChangeHub;
  readonly metrics: Metrics;
  readonly readiness: GatewayParts['readiness'];
  readonly version: string;
}

/** Everything that the routes call, over PostgreSQL. */
export function composeGateway(parts: GatewayComposition): GatewayParts {
  const { db, ids } = parts;
  return {
    connectors: createConnectorReader(db),
    specs: parts.specs,
    actions: composeActions({ db, ids, controls: createRunControls(db) }),
    runs: createRunReader(db),
    showRun: projectRun,
    showAttempt: projectAttempt,
    records: {
      list: (page) => listRecords(db, page),
      count: (instanceId, stream) => countRecords(db, instanceId, stream),
      streams: (instanceId) => listStreams(db, instanceId),
    },
    catalog: { list: async () => (await parts.catalog()).view.list() },
    audit: { list: (filter) => listAudit(db, filter) },
    sources: composeSourceActions(db),
    tokens: composeTokens(db),
    idempotency: composeIdempotency(db),
    changes: parts.changes,
    hintOf,
    readiness: parts.readiness,
    metrics: { text: async () => parts.metrics.text(await readFleetNumbers(db)), contentType: parts.metrics.contentType },
    version: parts.version,
  };
}

/** What a reason asks of the reader, from whichever table has it. */
export function hintOf(reason: string): string | undefined {
  const tables: Readonly<Record<string, { hint: string }>>[] = [conditionReasons, FINDING_REASONS, terminalReasons];
  return tables.map((table) => (Object.hasOwn(table, reason) ? table[reason]?.hint : undefined)).find((hint) => hint !== undefined);
}
