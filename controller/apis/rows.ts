import type {
  CollectionSpec,
  ConnectorSpec,
  CredentialsSpec,
  ExecutionSpec,
  InboundSpec,
  LimitsSpec,
  ScheduleSpec,
} from '../../schemas/connector.ts';
import type { PolicyBinding } from '../../schemas/policy-template.ts';
import type { FailureClass, RunState } from '../../schemas/run-words.ts';
import type { ConnectorStatus } from '../../schemas/status.ts';
import type { Finding } from './finding.ts';
import type { LifecycleStatus, Phase } from './status/phases.ts';

/** Where a document was found; whatever the door knows. */
export interface DocumentOrigin {
  /** Path in the source, with `/`. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly commit?: string;
  /** uid and resourceVersion that the API server gave. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Fingerprint of the listing that showed it last; only a listing of the same scope may imply that it was removed. */
  readonly scope?: string;
  /** The stored spec is not all that was written (masked or unreadable parts): only its door can have it judged again. */
  readonly partial?: true;
}

/** Why a source cannot show a document at the moment; the last accepted revision stays in force. */
export interface SourceError {
  /** A finding reason (the file no longer reads), `SourceMissing` or `RemovalPending`. */
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
}

/** Another document that claims the same name, or the same name for the same owner and project. */
export interface SourceClaim {
  readonly source: string;
  readonly namespace: string;
  /** File or other place of the document that lost. */
  readonly file?: string;
}

/** What became of one request token. */
export interface HandledRequest {
  readonly token: string;
  /** `pending`, `carried_out`, `recorded` (it was there when the object was first seen), `run <id>`, or a reason word. */
  readonly result: string;
}

/** A row of connector_specs: one object. */
export interface SpecRow {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly instanceId: string;
  readonly resourceVersion: number;
  /** Counts changes of the spec. */
  readonly generation: number;
  readonly source: string;
  readonly origin: DocumentOrigin;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  /** Last submitted spec, accepted or not; a `ConnectorSpec` when it was accepted. */
  readonly spec: Record<string, unknown>;
  readonly specDigest: string;
  readonly submittedDigest: string;
  readonly acceptedRevision: string | null;
  /** Why the newest generation was refused, and warnings; refused when one is an error. */
  readonly findings: readonly Finding[];
  readonly sourceError: SourceError | null;
  readonly claims: readonly SourceClaim[];
  readonly reconcilePausedAt: Date | null;
  readonly deletionRequestedAt: Date | null;
  readonly handledRequests: Record<string, HandledRequest>;
  readonly status: ConnectorStatus;
  readonly observedGeneration: number;
  readonly createdAt: Date;
  /** Failed passes since the last good one. */
  readonly attempts: number;
}

/** A row of spec_revisions: what was accepted, and what it was resolved to. */
export interface RevisionRow {
  readonly revision: string;
  readonly spec: ConnectorSpec;
  readonly connectorTypeVersion: string;
  readonly configSchemaVersion: number;
}

/** The columns of connector_instances that the spec owns: a change by hand is put back and audited. */
export interface SpecOwnedFields {
  readonly namespace: string;
  readonly name: string;
  readonly ownerType: 'user' | 'group';
  readonly ownerId: string;
  readonly projectId: string | null;
  readonly connectorKey: string;
  readonly connectorTypeVersion: string;
  readonly configSchemaVersion: number;
  /** Null when the spec leaves it out: then it is the owner's. */
  readonly displayName: string | null;
  readonly enabled: boolean;
  readonly revision: string;
  readonly config: Record<string, unknown>;
  readonly credentials: CredentialsSpec;
  readonly policy: PolicyBinding;
  readonly limits: LimitsSpec;
  readonly rateLimitPolicy: { rps: number; burst?: number } | null;
  readonly collection: CollectionSpec;
  readonly inbound: InboundSpec;
  readonly execution: ExecutionSpec;
}

/** The last failure of an instance, without secrets. */
export interface LastError {
  /** Null: it was no run that failed but the converging itself. */
  readonly run_id: string | null;
  readonly reason: string | null;
  readonly failure_class: FailureClass | null;
  readonly message: string | null;
  readonly at: string;
}

/** What runs have shown about an instance; each moves forward only. */
export interface InstanceFacts {
  readonly lastSuccessAt: Date | null;
  readonly lastError: LastError | null;
  /** A run that reached its source is the health evidence there is without a health check of its own. */
  readonly healthCheckedAt: Date | null;
}

/** A row of connector_instances. */
export interface InstanceRow extends SpecOwnedFields, InstanceFacts {
  readonly instanceId: string;
  readonly status: LifecycleStatus;
  readonly phase: Phase;
  readonly phaseReason: string | null;
  readonly deletedAt: Date | null;
  readonly purgeAfter: Date | null;
}

/** A row of schedules. */
export interface ScheduleRow {
  readonly schedule: ScheduleSpec;
  readonly suspended: boolean;
  readonly pausedAt: Date | null;
  readonly anchorAt: Date;
  readonly lastTickAt: Date | null;
  readonly nextRunAt: Date | null;
  readonly dueAt: Date | null;
}

/** What a pass wants to know of a run. */
export interface RunSummary {
  readonly runId: string;
  readonly state: RunState;
  readonly reason: string | null;
  readonly message: string | null;
  readonly failureClass: FailureClass | null;
  readonly connectorError: Record<string, unknown> | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly cancelRequestedAt: Date | null;
  readonly recordsEmitted: number;
}

/** Who did something, as audit rows keep it. Never a secret. */
export interface Actor {
  readonly kind: 'operator' | 'owner_session' | 'owner_agent' | 'client' | 'device' | 'source' | 'controller';
  readonly name: string;
  readonly acts_for_every_owner?: boolean;
}

/** One row of audit_events, before it has a number and a time. */
export interface AuditEvent {
  readonly actor: Actor;
  /** `connector.spec.apply`, `connector.instance.update`, ... */
  readonly action: string;
  readonly outcome: 'accepted' | 'refused' | 'unchanged' | 'carried_out';
  readonly reason?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly instanceId?: string;
  readonly source?: string;
  readonly revision?: string;
  readonly requestId?: string;
  /** Spec-owned fields, before and after. */
  readonly changes?: readonly FieldChange[];
}

/** One field that differs. `undefined` stands for a field that is not there. */
export interface FieldChange {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}
