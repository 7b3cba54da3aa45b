import type { ConnectorSpec, ConnectorView } from '../../schemas/connector.ts';
import { API_VERSION } from '../../schemas/fields/formats.ts';
import type { LastRun } from '../../schemas/status.ts';
import type { RunSummary, SpecRow } from './rows.ts';

/** What a view shows beside the object's own row, as it is now. */
export interface LiveFacts {
  /** The newest run that was not skipped, finished or not. */
  readonly newestRun: RunSummary | null;
  /** When the schedule fires next; null while it may not. */
  readonly nextRunAt: Date | null;
}

/** A connector as readers see it. Pure. Last and next run are the live ones, so that they need not wait for a pass. */
export function connectorView(spec: SpecRow, live: LiveFacts): ConnectorView {
  const { lastRun: _stale, nextRunTime: _planned, ...status } = spec.status;
  return {
    apiVersion: API_VERSION,
    kind: 'Connector',
    metadata: {
      name: spec.name,
      namespace: spec.namespace,
      uid: spec.uid,
      resourceVersion: String(spec.resourceVersion),
      generation: spec.generation,
      creationTimestamp: spec.createdAt.toISOString(),
      ...(Object.keys(spec.labels).length === 0 ? {} : { labels: spec.labels }),
      ...(Object.keys(spec.annotations).length === 0 ? {} : { annotations: spec.annotations }),
      ...(spec.deletionRequestedAt === null ? {} : { deletionTimestamp: spec.deletionRequestedAt.toISOString() }),
    },
    spec: spec.spec as ConnectorSpec,
    status: {
      ...status,
      instanceId: spec.instanceId,
      observedGeneration: spec.observedGeneration,
      ...(spec.acceptedRevision === null ? {} : { revision: spec.acceptedRevision }),
      ...(live.newestRun === null ? {} : { lastRun: lastRunView(live.newestRun) }),
      ...(live.nextRunAt === null ? {} : { nextRunTime: live.nextRunAt.toISOString() }),
    },
  };
}

/** A run in short. */
export function lastRunView(run: RunSummary): LastRun {
  return {
    id: run.runId,
    state: run.state,
    ...(run.reason === null ? {} : { reason: run.reason }),
    ...(run.message === null ? {} : { message: run.message }),
    ...(run.finishedAt === null ? {} : { finishedAt: run.finishedAt.toISOString() }),
    records: run.recordsEmitted,
  };
}
