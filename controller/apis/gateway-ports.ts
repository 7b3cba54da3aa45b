import type { ConnectorView } from '../../schemas/connector.ts';
import type { Finding } from './finding.ts';
import type { DocumentResult, ObjectChange } from './intake.ts';
import type { ObjectKey } from './ports.ts';
import type { Actor } from './rows.ts';

/** Who asks: what a bearer token stands for. Only an operator acts without an owner, and then for every owner. */
export interface Subject {
  readonly kind: 'operator' | 'owner_session' | 'owner_agent' | 'client' | 'device';
  readonly subject: string;
  readonly owner: { readonly type: 'user' | 'group'; readonly id: string } | null;
  readonly projectId: string | null;
  /** Null: every namespace. */
  readonly namespaces: readonly string[] | null;
}

/** What a subject may see; pushed into every query, so that what is foreign is simply not found. Null: not restricted. */
export interface Visibility {
  readonly namespaces: readonly string[] | null;
  readonly owner: { readonly type: 'user' | 'group'; readonly id: string } | null;
  readonly projectId: string | null;
}

/** A connector as it is shown, with the ids that actions need. */
export interface ReadConnector {
  readonly view: ConnectorView;
  readonly uid: string;
  readonly instanceId: string;
  readonly source: string;
}

/** Which connectors, and which page of them. */
export interface ConnectorQuery {
  readonly visibility: Visibility;
  readonly namespace?: string;
  readonly type?: string;
  /** `key=value`, `key!=value`, `key`, `!key`. */
  readonly labels: readonly LabelTerm[];
  readonly after: ObjectKey | null;
  readonly limit: number;
}

/** One term of a label selector. */
export interface LabelTerm {
  readonly key: string;
  readonly operator: 'equals' | 'differs' | 'exists' | 'absent';
  readonly value: string;
}

/** Something that happened to a connector, for watchers. A deletion shows identity only. */
export type ConnectorChange =
  | { readonly type: 'ADDED' | 'MODIFIED'; readonly connector: ReadConnector }
  | { readonly type: 'DELETED'; readonly namespace: string; readonly name: string; readonly uid: string; readonly resourceVersion: string };

/** Connectors for readers. Adapter: `controller/store/connectors-read.ts`. A constant number of queries a page. */
export interface ConnectorReader {
  list(query: ConnectorQuery): Promise<{ items: ReadConnector[]; next: ObjectKey | null; remaining: number }>;
  get(key: ObjectKey, visibility: Visibility): Promise<ReadConnector | null>;
  /** Those of the given names that are taken by connectors which the subject may not see. */
  hidden(keys: readonly ObjectKey[], visibility: Visibility): Promise<ObjectKey[]>;
  /** Accepted revisions, newest first. */
  revisions(key: ObjectKey): Promise<{ revision: string; generation: number; acceptedAt: Date }[]>;
  /** Where a watch begins: everything committed so far is before it. */
  position(): Promise<string>;
  /**
   * Changes since a position, each object once; the new position misses nothing that commits later. Of deletions identity alone is known
   * any more, not the owner: the caller tells them to nobody who was not shown the object before.
   */
  changesSince(position: string, visibility: Visibility): Promise<{ changes: ConnectorChange[]; position: string }>;
}

/** What a submission through the API says beside its documents. */
export interface ApiSubmission {
  /** YAML or JSON, one document or many, decoded or not. */
  readonly text: string | Uint8Array;
  /** Name for messages. */
  readonly file: string;
  /** For documents that name none. */
  readonly namespace: string;
  readonly subject: Subject;
  readonly requestId: string;
  /** Refused unless the object is at this version; for a single document. */
  readonly resourceVersion?: string;
}

/** What would become of one document, and how the objects behind it would change. */
export interface DocumentDiff {
  readonly namespace: string;
  readonly name: string;
  readonly outcome: DocumentResult['outcome'];
  readonly changes: readonly ObjectChange[];
  readonly findings: readonly Finding[];
}

/** The upload door as the API calls it. */
export interface SpecDoor {
  /**
   * Each document is taken or refused on its own. Throws `DocumentsRefused` (details: `findings`, and `results` for every document) when
   * one was not taken; for a single document its own `SourceConflict`, `ResourceVersionConflict` or `DeletionInProgress`.
   */
  apply(submission: ApiSubmission): Promise<{ results: readonly DocumentResult[] }>;
  /** The same verdict with nothing stored. */
  dryRun(submission: ApiSubmission): Promise<{ results: readonly DocumentResult[] }>;
  validate(submission: ApiSubmission): Promise<{ findings: readonly Finding[] }>;
  diff(submission: ApiSubmission): Promise<{ diffs: readonly DocumentDiff[] }>;
  /** Removes an uploaded document. Throws `SourceConflict` when another source owns it. */
  remove(target: ReadConnector, subject: Subject, requestId: string): Promise<void>;
  /** Applies an accepted revision again. Throws `RevisionUnknown` or `SourceConflict`. */
  rollback(target: ReadConnector, revision: string, subject: Subject, requestId: string): Promise<DocumentResult>;
}

/** What owners do to a connector beside its document. Each is audited. */
export interface ConnectorActions {
  /** `unchanged`: it is paused already, or has no schedule. */
  pause(target: ReadConnector, actor: Actor, requestId: string): Promise<'paused' | 'unchanged'>;
  resume(target: ReadConnector, actor: Actor, requestId: string): Promise<'resumed' | 'unchanged'>;
  reconcile(target: ReadConnector, actor: Actor, requestId: string): Promise<'requested'>;
  /** Throws `run_already_active` or `RunRefused`. */
  run(target: ReadConnector, actor: Actor, requestId: string): Promise<{ runId: string; traceId: string }>;
  /** Cancels one run, or the active one. Throws `NotFound`, `CancelTooLate`, `RunFinished`. */
  cancel(
    target: ReadConnector,
    runId: string | null,
    actor: Actor,
    requestId: string,
  ): Promise<{ runId: string; result: 'cancelled' | 'requested' }>;
  /** Runs a dead-lettered run again. */
  replay(target: ReadConnector, runId: string, actor: Actor, requestId: string): Promise<{ runId: string; traceId: string }>;
}

/** Whether this process can do its work, part by part. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly message: string; readonly age_seconds?: number }>>;
}
