import type { Finding } from '../../apis/finding.ts';
import type { DocumentOrigin, HandledRequest, SourceClaim, SourceError, SpecRow } from '../../apis/rows.ts';
import type { RecordedSpec } from '../../apis/ports.ts';
import type { ConnectorStatus } from '../../../schemas/status.ts';

/** Columns of connector_specs that `decodeSpec` reads. */
export const SPEC_COLUMNS = `s.namespace, s.name, s.uid, s.instance_id, s.resource_version, s.generation, s.source, s.origin, s.labels,
  s.annotations, s.spec, s.spec_digest, s.submitted_digest, s.accepted_revision, s.findings, s.source_error, s.claims,
  s.reconcile_paused_at, s.deletion_requested_at, s.handled_requests, s.status, s.observed_generation, s.created_at, s.attempts`;

/** A row of connector_specs out of the database. */
export function decodeSpec(row: Record<string, unknown>): SpecRow {
  return {
    namespace: row['namespace'] as string,
    name: row['name'] as string,
    uid: row['uid'] as string,
    instanceId: row['instance_id'] as string,
    resourceVersion: Number(row['resource_version']),
    generation: Number(row['generation']),
    source: row['source'] as string,
    origin: row['origin'] as DocumentOrigin,
    labels: row['labels'] as Record<string, string>,
    annotations: row['annotations'] as Record<string, string>,
    spec: row['spec'] as Record<string, unknown>,
    specDigest: row['spec_digest'] as string,
    submittedDigest: row['submitted_digest'] as string,
    acceptedRevision: row['accepted_revision'] as string | null,
    findings: row['findings'] as Finding[],
    sourceError: row['source_error'] as SourceError | null,
    claims: row['claims'] as SourceClaim[],
    reconcilePausedAt: row['reconcile_paused_at'] as Date | null,
    deletionRequestedAt: row['deletion_requested_at'] as Date | null,
    handledRequests: row['handled_requests'] as Record<string, HandledRequest>,
    status: row['status'] as ConnectorStatus,
    observedGeneration: Number(row['observed_generation']),
    createdAt: row['created_at'] as Date,
    attempts: row['attempts'] as number,
  };
}

/**
 * Columns that `decodeRecorded` reads, of `RECORDED_FROM`: no spec, no status, so that ten thousand of them stay cheap. Owner and type
 * are those in force, which a refused generation does not touch.
 */
export const RECORDED_COLUMNS = `s.namespace, s.name, s.uid, s.instance_id, s.source, s.origin, s.annotations,
  coalesce(r.spec, s.spec) #>> '{owner,type}' as owner_type, coalesce(r.spec, s.spec) #>> '{owner,id}' as owner_id,
  coalesce(r.spec, s.spec) ->> 'projectId' as project_id, coalesce(r.spec, s.spec) ->> 'type' as type,
  s.spec_digest, s.submitted_digest, s.accepted_revision, s.accepted_revision is distinct from s.spec_digest as refused,
  case when s.accepted_revision is distinct from s.spec_digest then s.findings end as findings, s.generation,
  s.resource_version, s.source_error, s.claims, s.deletion_requested_at is not null as deleting`;

/** Objects with the revision in force beside them where the newest generation is another one. */
export const RECORDED_FROM = `connector_specs s left join spec_revisions r
  on r.spec_uid = s.uid and r.revision = s.accepted_revision and s.accepted_revision <> s.spec_digest`;

/** What intake compares a document with. */
export function decodeRecorded(row: Record<string, unknown>): RecordedSpec {
  return {
    namespace: row['namespace'] as string,
    name: row['name'] as string,
    uid: row['uid'] as string,
    instanceId: row['instance_id'] as string,
    source: row['source'] as string,
    origin: row['origin'] as DocumentOrigin,
    annotations: row['annotations'] as Record<string, string>,
    ownerType: row['owner_type'] as string | null,
    ownerId: row['owner_id'] as string | null,
    projectId: row['project_id'] as string | null,
    type: row['type'] as string | null,
    specDigest: row['spec_digest'] as string,
    submittedDigest: row['submitted_digest'] as string,
    acceptedRevision: row['accepted_revision'] as string | null,
    refused: row['refused'] as boolean,
    findings: row['findings'] as Finding[] | null,
    generation: Number(row['generation']),
    resourceVersion: Number(row['resource_version']),
    sourceError: row['source_error'] as SourceError | null,
    claims: row['claims'] as SourceClaim[],
    deleting: row['deleting'] as boolean,
  };
}
