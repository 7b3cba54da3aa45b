import type { Ids } from '../../../platform/ids.ts';
import { digestOf } from '../../../schemas/revision.ts';
import type { ConnectorStatus } from '../../../schemas/status.ts';
import type { Submission, Verdict } from '../../apis/intake.ts';
import type { AcceptedRevision, NewSpec, RecordedSpec, SpecChange } from '../../apis/ports.ts';
import type { AuditEvent, DocumentOrigin } from '../../apis/rows.ts';
import { setConditions } from '../../apis/status/condition-set.ts';
import { firstSeenRequests } from '../connector/decide/requests.ts';
import type { Judged } from './admit-documents.ts';
import type { Placed } from './new-objects.ts';

/** A document to be written, in the shape that it is stored in. */
export type SpecWrite = { readonly create: NewSpec } | { readonly change: SpecChange };

/** The row of an admitted or stored-though-refused document. Pure but for the ids. */
export function specWrite(submission: Submission, placed: Placed, context: { ids: Ids; now: Date }): SpecWrite {
  const { document, recorded, verdict } = placed;
  const specDigest = verdict.acceptance?.revision ?? digestOf(verdict.storable);
  const common = {
    namespace: document.namespace,
    name: document.name,
    source: submission.source,
    origin: originOf(submission, document.origin, verdict),
    labels: verdict.labels,
    annotations: verdict.annotations,
    spec: verdict.storable,
    specDigest,
    submittedDigest: document.digest,
    acceptedRevision: verdict.acceptance?.revision ?? null,
    findings: verdict.findings,
  };
  if (recorded !== null)
    return { change: { ...common, ...seen(recorded, document.resourceVersion), specChanged: recorded.specDigest !== specDigest } };
  const { instanceId } = placed;
  return {
    create: {
      ...common,
      uid: context.ids.uuid(),
      instanceId,
      handledRequests: firstSeenRequests(verdict.annotations),
      status: firstStatus(instanceId, context.now),
    },
  };
}

function seen(
  recorded: RecordedSpec,
  resourceVersion: string | undefined,
): Pick<SpecChange, 'seenDigest' | 'seenSource' | 'seenResourceVersion'> {
  return {
    seenDigest: recorded.submittedDigest,
    seenSource: recorded.source,
    seenResourceVersion: resourceVersion === undefined ? null : recorded.resourceVersion,
  };
}

function originOf(submission: Submission, origin: DocumentOrigin, verdict: Verdict): DocumentOrigin {
  const scope = submission.listing?.fingerprint;
  return { ...origin, ...(scope === undefined ? {} : { scope }), ...(verdict.whole ? {} : { partial: true as const }) };
}

/** What an object says before its first pass. */
function firstStatus(instanceId: string, now: Date): ConnectorStatus {
  const message = 'stored, not looked at yet';
  const conditions = setConditions(
    [],
    [
      { type: 'Ready', status: 'Unknown', reason: 'Pending', message },
      { type: 'Reconciling', status: 'True', reason: 'Pending', message },
    ],
    { observedGeneration: 0, now },
  );
  return { conditions: [...conditions], phase: 'provisioning', instanceId, observedGeneration: 0 };
}

/** The revision that an accepted document brings; null for a refused one. */
export function revisionOf({ document, verdict }: Judged): AcceptedRevision | null {
  if (verdict.acceptance === null || verdict.spec === null) return null;
  return { namespace: document.namespace, name: document.name, ...verdict.acceptance, spec: verdict.spec };
}

/** The audit event of one apply (HARD-19.8-6): who, through which door, what, which revision, how it ended. */
export function applyAudit(
  submission: Submission,
  what: {
    namespace: string;
    name: string;
    instanceId?: string;
    outcome: 'accepted' | 'refused';
    reason?: string;
    revision?: string;
    action?: string;
  },
): AuditEvent {
  const { action = 'connector.spec.apply', ...rest } = what;
  return {
    actor: submission.actor,
    action,
    ...rest,
    source: submission.source,
    ...(submission.requestId === undefined ? {} : { requestId: submission.requestId }),
  };
}
