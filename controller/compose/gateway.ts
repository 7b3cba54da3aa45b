import type { Ids } from '../../platform/ids.ts';
import { terminalReasons } from '../../schemas/terminal-reasons.ts';
import { apiError } from '../apis/errors.ts';
import { FINDING_REASONS } from '../apis/finding-reasons.ts';
import type { SpecDoor } from '../apis/gateway-ports.ts';
import type { AuditEvent } from '../apis/rows.ts';
import { conditionReasons } from '../apis/status/condition-reasons.ts';
import { projectAttempt, projectRun } from '../dispatch/run-projection.ts';
import type { GatewayParts } from '../gateway/gateway-parts.ts';
import type { CurrentCatalog } from '../reconcile/catalog-cache.ts';
import { findToken } from '../store/access/tokens.ts';
import { appendAudit, listAudit } from '../store/audit.ts';
import { createConnectorReader } from '../store/connectors/connector-reader.ts';
import { countBySource, readFleetNumbers } from '../store/fleet-numbers.ts';
import type { Database } from '../store/queryable.ts';
import { countRecords, listRecords, listStreams } from '../store/records-read.ts';
import { createRunControls } from '../store/runs/run-controls.ts';
import { createRunReader } from '../store/runs/read-runs.ts';
import { confirmRemoval, listSources, readSource, releaseSource } from '../store/sources/sources.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { composeActions } from './actions.ts';
import type { ChangeHub } from './change-hub.ts';
import { composeIdempotency } from './idempotency.ts';

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
    tokens: { find: (token) => findToken(db, token) },
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

function composeSourceActions(db: Database): GatewayParts['sources'] {
  return {
    async list() {
      const [sources, counts] = await Promise.all([listSources(db), countBySource(db)]);
      return sources.map((source) => ({ ...source, documents: counts.get(source.name) ?? 0 }));
    },
    release: (name, actor, requestId) =>
      db.transaction(async (tx) => {
        if ((await readSource(tx, name)) === null) throw apiError('NotFound', { kind: 'source', name });
        const released = await releaseSource(tx, name);
        await appendAudit(tx, [sourceAudit({ name, actor, requestId, action: 'connector.source.release' })]);
        return released;
      }),
    confirm: (name, actor, requestId) =>
      db.transaction(async (tx) => {
        const pending = (await readSource(tx, name))?.pendingRemoval ?? null;
        if (pending === null || !(await confirmRemoval(tx, name, pending.token))) return null;
        await appendAudit(tx, [sourceAudit({ name, actor, requestId, action: 'connector.source.confirm_removal' })]);
        return pending.count;
      }),
  };
}

function sourceAudit(deed: { name: string; actor: AuditEvent['actor']; requestId: string; action: string }): AuditEvent {
  return { actor: deed.actor, action: deed.action, outcome: 'carried_out', source: deed.name, requestId: deed.requestId };
}
