import type { InstanceRow, RevisionRow, RunSummary, ScheduleRow, SpecRow } from '../../controller/apis/rows.ts';
import type { DecideSettings, Observation } from '../../controller/reconcile/connector/observation.ts';
import { desiredFields } from '../../controller/reconcile/connector/decide/instance-fields.ts';
import { withDefaults } from '../../schemas/connector-defaults.ts';
import type { ConnectorSpec } from '../../schemas/connector.ts';
import { revisionOf } from '../../schemas/revision.ts';
import { connector, withSpec } from './documents.ts';

/** The moment of all decisions in unit tests. */
export const NOW = new Date('2026-03-01T12:00:00Z');
const NEXT = new Date('2026-03-01T12:30:00Z');

export const settings: DecideSettings = { nextDue: () => NEXT, removalGraceMs: 60_000, retentionMs: 3_600_000 };

type SpecParts = Parameters<typeof withSpec>[0];

/** A spec of the tests. */
export function specOf(parts: SpecParts = {}): ConnectorSpec {
  return connector('a', withSpec(parts)).spec as ConnectorSpec;
}

/** An accepted revision. */
export function revision(spec: ConnectorSpec): RevisionRow {
  return { revision: revisionOf(spec), spec, connectorTypeVersion: '1.0.0', configSchemaVersion: 1 };
}

/** An object whose newest generation is the given spec. */
export function specRow(spec: ConnectorSpec, parts: Partial<SpecRow> = {}): SpecRow {
  return {
    namespace: 'default',
    name: 'a',
    uid: 'u',
    instanceId: 'i',
    resourceVersion: 1,
    generation: 1,
    source: 'folder',
    origin: {},
    labels: {},
    annotations: {},
    spec,
    specDigest: revisionOf(spec),
    submittedDigest: 'd',
    acceptedRevision: revisionOf(spec),
    findings: [],
    sourceError: null,
    claims: [],
    reconcilePausedAt: null,
    deletionRequestedAt: null,
    handledRequests: {},
    status: {},
    observedGeneration: 1,
    createdAt: NOW,
    attempts: 0,
    ...parts,
  };
}

/** The row that a revision asks for, as a converged instance. */
export function instanceRow(of: RevisionRow, parts: Partial<InstanceRow> = {}): InstanceRow {
  return {
    ...desiredFields({ namespace: 'default', name: 'a' }, of),
    instanceId: 'i',
    status: 'active',
    phase: 'active',
    phaseReason: null,
    lastSuccessAt: null,
    lastError: null,
    healthCheckedAt: null,
    deletedAt: null,
    purgeAfter: null,
    ...parts,
  };
}

/** The schedule row of a spec, planned. */
export function scheduleRow(spec: ConnectorSpec, parts: Partial<ScheduleRow> = {}): ScheduleRow {
  const schedule = withDefaults(spec).schedule ?? { every: '1h' };
  return { schedule, suspended: false, pausedAt: null, anchorAt: NOW, lastTickAt: NOW, nextRunAt: NEXT, dueAt: NEXT, ...parts };
}

/** A run in short. */
export function run(parts: Partial<RunSummary> = {}): RunSummary {
  return {
    runId: 'r',
    state: 'succeeded',
    reason: null,
    message: null,
    failureClass: null,
    connectorError: null,
    startedAt: NOW,
    finishedAt: NOW,
    cancelRequestedAt: null,
    recordsEmitted: 0,
    ...parts,
  };
}

/** A converged object: spec accepted, instance and schedule as they should be. */
export function observation(spec: SpecParts = {}, parts: Partial<Observation> & { row?: Partial<SpecRow> } = {}): Observation {
  const { row, ...rest } = parts;
  const full = specOf(spec);
  const accepted = revision(full);
  return {
    spec: specRow(full, row),
    inForce: accepted,
    instance: instanceRow(accepted),
    schedule: full.schedule === undefined ? null : scheduleRow(full),
    activeRun: null,
    lastRun: null,
    lastSuccessAt: null,
    judgement: { findings: [], acceptance: accepted, withdrawn: false },
    ...rest,
  };
}
