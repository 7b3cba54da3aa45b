import type { Actor, AuditEvent, FieldChange, SpecRow } from '../../../apis/rows.ts';

/** Who acts when a pass does. */
export const CONTROLLER: Actor = { kind: 'controller', name: 'reconcile' };

/** The audit event of something that a pass does to one object. */
export function auditOf(spec: SpecRow, action: string, changes: readonly FieldChange[] = []): AuditEvent {
  return {
    actor: CONTROLLER,
    action,
    outcome: 'carried_out',
    namespace: spec.namespace,
    name: spec.name,
    instanceId: spec.instanceId,
    source: spec.source,
    ...(spec.acceptedRevision === null ? {} : { revision: spec.acceptedRevision }),
    ...(changes.length === 0 ? {} : { changes }),
  };
}
