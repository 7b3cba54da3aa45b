import { isDeepStrictEqual } from 'node:util';
import type { FieldChange, InstanceRow, RevisionRow, SpecOwnedFields } from '../../../apis/rows.ts';
import { effectiveSpec } from '../effective-spec.ts';

/** The spec-owned fields that a revision asks for. Pure: the one place where a spec becomes a row. */
export function desiredFields(key: { namespace: string; name: string }, revision: RevisionRow): SpecOwnedFields {
  const spec = effectiveSpec(revision.spec);
  const { rateLimit } = spec.limits;
  return {
    namespace: key.namespace,
    name: key.name,
    ownerType: spec.owner.type,
    ownerId: spec.owner.id,
    projectId: spec.projectId ?? null,
    connectorKey: spec.type,
    connectorTypeVersion: revision.connectorTypeVersion,
    configSchemaVersion: revision.configSchemaVersion,
    displayName: spec.displayName ?? null,
    enabled: spec.enabled,
    revision: revision.revision,
    config: spec.config,
    credentials: spec.credentials,
    policy: spec.policy,
    limits: spec.limits,
    rateLimitPolicy:
      rateLimit === undefined ? null : { rps: rateLimit.rps, ...(rateLimit.burst === undefined ? {} : { burst: rateLimit.burst }) },
    collection: spec.collection,
    inbound: spec.inbound ?? {},
    execution: spec.execution,
  };
}

/** The fields as they would be written over a row: a display name that the spec leaves out stays the owner's. */
export function overRow(desired: SpecOwnedFields, row: InstanceRow): SpecOwnedFields {
  return desired.displayName === null ? { ...desired, displayName: row.displayName } : desired;
}

/** Spec-owned fields that differ, in column order. */
export function fieldDifferences(before: SpecOwnedFields | null, after: SpecOwnedFields): FieldChange[] {
  const fields = Object.keys(after) as (keyof SpecOwnedFields)[];
  return fields
    .filter((field) => before === null || !isDeepStrictEqual(before[field], after[field]))
    .map((field) => ({ path: field, ...(before === null ? {} : { before: before[field] }), after: after[field] }));
}
