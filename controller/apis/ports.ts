import type { EffectiveSchedule } from '../../schemas/connector-defaults.ts';
import type { PolicyTemplateSpec } from '../../schemas/policy-template.ts';
import type { ConnectorStatus } from '../../schemas/status.ts';
import type { CatalogView, RegisteredType } from './catalog.ts';
import type { Finding } from './finding.ts';
import type {
  AuditEvent,
  DocumentOrigin,
  HandledRequest,
  InstanceFacts,
  InstanceRow,
  RevisionRow,
  RunSummary,
  ScheduleRow,
  SourceClaim,
  SourceError,
  SpecOwnedFields,
  SpecRow,
} from './rows.ts';
import type { LifecycleStatus, Phase } from './status/phases.ts';

/** Names one object. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/**
 * When a schedule starts its next run, or null for never. Pure. A schedule that never ran (`lastTickAt` null) is due at once, spread
 * by a hash of the instance id when many are.
 */
export type NextDue = (question: {
  readonly schedule: EffectiveSchedule;
  readonly instanceId: string;
  readonly anchorAt: Date;
  readonly lastTickAt: Date | null;
  readonly now: Date;
}) => Date | null;

/** Builds the immutable view that admission reads. */
export type BuildCatalog = (types: readonly RegisteredType[], templates: ReadonlyMap<string, PolicyTemplateSpec>) => CatalogView;

/** The registered types and templates. Adapter: `controller/store/catalog/`. */
export interface CatalogStore {
  /** Changes whenever a type or template was registered, changed or withdrawn. One cheap query. */
  stamp(): Promise<string>;
  /** All that documents may use now. */
  load(): Promise<{ stamp: string; types: RegisteredType[]; templates: Map<string, PolicyTemplateSpec> }>;
}

/** What intake knows of an object before it decides. */
export interface RecordedSpec extends ObjectKey {
  readonly uid: string;
  readonly instanceId: string;
  readonly source: string;
  readonly origin: DocumentOrigin;
  readonly annotations: Record<string, string>;
  readonly ownerType: string | null;
  readonly ownerId: string | null;
  readonly projectId: string | null;
  readonly type: string | null;
  readonly specDigest: string;
  readonly submittedDigest: string;
  readonly acceptedRevision: string | null;
  /** The newest generation is not in force; owner and type above are those of the one that is. */
  readonly refused: boolean;
  /** Of a refused generation; else null. */
  readonly findings: readonly Finding[] | null;
  readonly generation: number;
  readonly resourceVersion: number;
  readonly sourceError: SourceError | null;
  readonly claims: readonly SourceClaim[];
  readonly deleting: boolean;
}

/** An instance whose document is gone but which a new document of the same identity takes up again. */
export interface RetainedInstance extends ObjectKey {
  readonly instanceId: string;
  readonly ownerType: string;
  readonly ownerId: string;
  readonly projectId: string | null;
  readonly connectorKey: string;
  /** False: it is soft-deleted, and its name is free for others. */
  readonly live: boolean;
}

/** A row of sources. */
export interface SourceRow {
  readonly name: string;
  readonly kind: 'crd' | 'gitops' | 'upload';
  readonly fingerprint: string;
  readonly listedAt: Date | null;
  readonly listingError: SourceError | null;
  readonly pendingRemoval: { count: number; total: number; token: string } | null;
  readonly confirmedRemoval: string | null;
}

/** A new object. */
export interface NewSpec extends ObjectKey {
  readonly uid: string;
  readonly instanceId: string;
  readonly source: string;
  readonly origin: DocumentOrigin;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly spec: Record<string, unknown>;
  readonly specDigest: string;
  readonly submittedDigest: string;
  readonly acceptedRevision: string | null;
  readonly findings: readonly Finding[];
  readonly handledRequests: Record<string, HandledRequest>;
  readonly status: ConnectorStatus;
}

/** A changed object. Written only when the recorded digest, source and, if asked for, resourceVersion are still those that were read. */
export interface SpecChange extends Omit<NewSpec, 'uid' | 'instanceId' | 'handledRequests' | 'status'> {
  readonly seenDigest: string;
  readonly seenSource: string;
  readonly seenResourceVersion: number | null;
  readonly specChanged: boolean;
}

/** Facts about a document's source that changed without the document. */
export interface SourceFactChange extends ObjectKey {
  /** Null: stays, or is written with the document. */
  readonly origin: DocumentOrigin | null;
  readonly sourceError: SourceError | null;
  readonly claims: readonly SourceClaim[];
}

/** A revision that was accepted. */
export interface AcceptedRevision extends ObjectKey, RevisionRow {}

/** All that one submission writes. */
export interface IntakeWrites {
  readonly create: readonly NewSpec[];
  readonly change: readonly SpecChange[];
  readonly facts: readonly SourceFactChange[];
  readonly revisions: readonly AcceptedRevision[];
  readonly remove: readonly ObjectKey[];
  readonly removedBy: AuditEvent['actor'];
  readonly source: Pick<SourceRow, 'fingerprint' | 'listingError' | 'pendingRemoval' | 'confirmedRemoval'> | null;
  readonly audit: readonly AuditEvent[];
}

/** What a write left behind, for the answer. */
export interface WrittenSpec extends ObjectKey {
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: number;
}

/** Where intake reads and writes. Adapter: `controller/store/intake-store.ts`. Every method may throw `DatabaseUnavailable` (retry). */
export interface IntakeStore {
  /** The source, and what is recorded under these keys or, with `wholeSource`, for the whole source too. One query each. */
  recorded(source: string, keys: readonly ObjectKey[], wholeSource: boolean): Promise<{ source: SourceRow | null; specs: RecordedSpec[] }>;
  /** What stands in the way of new objects, or is taken up by them: objects of the same owner, project and name, and retained instances. */
  claimsOf(
    candidates: readonly (ObjectKey & { ownerType: string; ownerId: string; projectId: string | null })[],
  ): Promise<{ sameOwnerName: RecordedSpec[]; retained: RetainedInstance[] }>;
  /**
   * One transaction, fenced by the source's epoch: throws `SourceLeaseLost` (stall) and writes nothing when another process holds the
   * source. Objects that changed since they were read are left alone and missing in the answer; ask again. Notifies once.
   */
  write(fence: { source: string; epoch: number | null }, writes: IntakeWrites): Promise<WrittenSpec[]>;
}

/** Everything a pass knows of one object, besides the object itself. */
export interface ObservedRows {
  readonly inForce: RevisionRow | null;
  readonly instance: InstanceRow | null;
  readonly schedule: ScheduleRow | null;
  /** The run that holds the instance's lease. */
  readonly activeRun: RunSummary | null;
  /** The newest finished run, skipped ones aside. */
  readonly lastRun: RunSummary | null;
  /** When the newest success among the last runs ended. */
  readonly lastSuccessAt: Date | null;
}

/** Spec-owned fields of a schedule as a pass wants them, and when it fires next. */
export interface ScheduleWrite {
  readonly instanceId: string;
  readonly schedule: EffectiveSchedule;
  readonly suspended: boolean;
  readonly anchorAt: Date;
  readonly nextRunAt: Date | null;
  readonly dueAt: Date | null;
  /** Written only while this is still the last tick; null also for a new schedule. */
  readonly seenLastTickAt: Date | null;
}

/** A phase and facts step of an instance; the phase is written only from `fromPhase`. */
export interface PhaseWrite extends InstanceFacts {
  readonly instanceId: string;
  readonly fromPhase: Phase;
  readonly phase: Phase;
  readonly phaseReason: string | null;
}

/** All that the plans of one batch write, statement by statement, in this order. */
export interface ReconcileWrites {
  readonly revisions: readonly AcceptedRevision[];
  /** With the phase that the same pass found: a new instance begins as provisioning and leaves it in one transaction. */
  readonly insertInstances: readonly (SpecOwnedFields & { instanceId: string; phase: Phase; phaseReason: string | null })[];
  /** Spec-owned fields; `restoreFrom` also lifts the soft delete, `fromPhase` starts the way back from disabled. */
  readonly updateInstances: readonly (SpecOwnedFields & {
    instanceId: string;
    restoreFrom: LifecycleStatus | null;
    toProvisioning: boolean;
  })[];
  readonly upsertSchedules: readonly ScheduleWrite[];
  readonly removeSchedules: readonly string[];
  readonly retireInstances: readonly (ObjectKey & {
    instanceId: string;
    fromStatus: LifecycleStatus;
    fromPhase: Phase;
    retentionMs: number;
  })[];
  readonly forgetSpecs: readonly ObjectKey[];
  readonly audit: readonly AuditEvent[];
}

/** What the database refused for a good reason: these objects are looked at again at once. */
export interface ReconcileWriteResult {
  /** Schedules that ticked in between. */
  readonly schedulesMoved: ReadonlySet<string>;
  /** Instances that a run took before they could be retired; their specs were not forgotten. */
  readonly retirementsHeld: ReadonlySet<string>;
}

/** The end of a pass for one object. */
export interface Settlement extends ObjectKey {
  /** Null: nothing but `dueAt` changed, and no reader is told. */
  readonly spec: {
    readonly status: ConnectorStatus;
    readonly observedGeneration: number;
    readonly acceptedRevision: string | null;
    readonly findings: readonly Finding[];
    readonly handledRequests: Record<string, HandledRequest>;
  } | null;
  /** When to look again without being asked, in milliseconds from now; null: only when something changes. */
  readonly requeueMs: number | null;
  readonly attempts: number;
}

/** One transaction of a pass; all methods are set-based. Adapter: `controller/store/reconcile-store.ts`. */
export interface ReconcileUnit {
  /** Locks due objects, at most `limit` or exactly `keys`, skipping what others hold. `now` is the database's. */
  claim(which: { limit: number } | { keys: readonly ObjectKey[] }): Promise<{ specs: SpecRow[]; now: Date }>;
  /** Rows of these objects, by uid; a constant number of queries. */
  observe(specs: readonly SpecRow[]): Promise<Map<string, ObservedRows>>;
  apply(writes: ReconcileWrites): Promise<ReconcileWriteResult>;
  /** Phases and facts; throws `IllegalTransition` (retry) when an instance is not in the phase that the step starts from. */
  writePhases(steps: readonly PhaseWrite[]): Promise<void>;
  settle(settlements: readonly Settlement[]): Promise<void>;
}

/** An object, and a print of the versions of its rows: itself, instance, schedule, lease and newest run. */
export interface ObjectPrint extends ObjectKey {
  readonly print: string;
}

/** Where the reconcile worker reads and writes. Every method may throw `DatabaseUnavailable` (retry). */
export interface ReconcileStore {
  /** Everything in `work` or nothing; a failure rolls back. */
  transaction<T>(work: (unit: ReconcileUnit) => Promise<T>): Promise<T>;
  /** One page of objects in key order, each with a print that changes whenever a row behind it is written. Reads no documents. */
  prints(after: ObjectKey | null, limit: number): Promise<ObjectPrint[]>;
  /** These objects, as far as they are there, without locks. */
  read(keys: readonly ObjectKey[]): Promise<{ specs: SpecRow[]; now: Date }>;
  observe(specs: readonly SpecRow[]): Promise<Map<string, ObservedRows>>;
  /** Makes objects due now; those that are due already stay as they are. Notifies once. */
  makeDue(keys: readonly ObjectKey[]): Promise<number>;
  /** Keeps what became of a request token, unless a newer token was handled meanwhile; makes the object due, so that its status echoes it. */
  recordRequest(key: ObjectKey, kind: string, handled: HandledRequest): Promise<void>;
  /** When the earliest object is due, in milliseconds from now (0 or less: already); null: nothing is waiting. */
  nextDueInMs(): Promise<number | null>;
}
