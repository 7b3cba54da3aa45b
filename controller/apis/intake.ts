import { digestOf } from '../../schemas/revision.ts';
import type { ConnectorSpec } from '../../schemas/connector.ts';
import type { CatalogView } from './catalog.ts';
import type { Finding, Locate } from './finding.ts';
import type { Actor, DocumentOrigin, FieldChange } from './rows.ts';

/** A document as it is admitted: JSON value as authored, and where its fields stand. */
export interface DocumentToAdmit {
  readonly value: unknown;
  readonly file?: string | undefined;
  readonly locate?: Locate | undefined;
}

/** What a door, or a token, may write. Null: everything. */
export interface DoorScope {
  readonly namespaces: readonly string[] | null;
  readonly owners: readonly { type: 'user' | 'group'; id: string; projectId?: string }[] | null;
}

/** Fields of the recorded object that never change. */
export interface RecordedIdentity {
  readonly owner: { type: string; id: string };
  readonly projectId: string | null;
  readonly type: string;
}

/** What an accepted spec leads to. */
export interface Acceptance {
  /** sha256 of the canonical spec. */
  readonly revision: string;
  readonly connectorTypeVersion: string;
  readonly configSchemaVersion: number;
}

/** What admission says about one document. `acceptance` is null exactly when a finding is an error. */
export interface Verdict {
  readonly findings: readonly Finding[];
  /** Normalised: owner and projectId inside, nulls gone. Null when the document is refused. */
  readonly spec: ConnectorSpec | null;
  /** What may be stored of the spec of a refused document: plain secrets and unknown fields are masked. Equal to `spec` when accepted. */
  readonly storable: Record<string, unknown>;
  /** False when `storable`, labels and annotations are not all that was written. */
  readonly whole: boolean;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly acceptance: Acceptance | null;
}

/** The admission pipeline. Pure: equal input, equal verdict; never throws for bad input. */
export type Admit = (
  document: DocumentToAdmit,
  context: { catalog: CatalogView; scope: DoorScope; recorded: RecordedIdentity | null },
) => Verdict;

/** One document of a door. */
export interface SubmittedDocument {
  readonly namespace: string;
  readonly name: string;
  /** `submittedDigest` of the document. */
  readonly digest: string;
  readonly origin: DocumentOrigin;
  /** Makes the apply conditional: refused unless the object is at this resourceVersion. */
  readonly resourceVersion?: string | undefined;
  /** Called only when the digest is not the recorded one, so that a door need not keep ten thousand documents in memory. */
  readonly read: () => DocumentToAdmit | Promise<DocumentToAdmit>;
}

/** A file, or a document in it, that could not be read: what it declared before stays, and its objects are told. */
export interface BrokenFile {
  /** Path in the source; ends with `/` for a folder that could not be listed, and then stands for all below it. */
  readonly file: string;
  readonly findings: readonly Finding[];
}

/** What a door hands in. */
export interface Submission {
  /** Configured name of the source. */
  readonly source: string;
  /** Epoch of the caller's source lease; null for uploads, which have no holder. */
  readonly epoch: number | null;
  readonly documents: readonly SubmittedDocument[];
  readonly broken?: readonly BrokenFile[];
  /** Scope in which the source shows the documents. Unless `partial`, they are all that it has there; only then may something be missing. */
  readonly listing?: { readonly fingerprint: string; readonly partial?: boolean };
  readonly scope: DoorScope;
  readonly actor: Actor;
  readonly requestId?: string;
  /** `refuse`: an invalid document is only answered and audited. `store`: it is kept beside the accepted revision and told in the status. */
  readonly invalid: 'refuse' | 'store';
}

/** The listing of a submission that shows all that its source has; null when nothing may be concluded from what is not there. */
export function wholeListing({ listing }: Pick<Submission, 'listing'>): { readonly fingerprint: string } | null {
  return listing === undefined || listing.partial === true ? null : listing;
}

/** What became of one document. */
export interface DocumentResult {
  readonly namespace: string;
  readonly name: string;
  readonly file?: string;
  /**
   * `created`, `configured` (something changed), `unchanged`, `refused` (findings), `conflict` (another source owns it),
   * `stale` (resourceVersion), `removing` (being deleted), `removal_requested` and `missing` (not in a complete listing).
   */
  readonly outcome:
    | 'created'
    | 'configured'
    | 'unchanged'
    | 'refused'
    | 'conflict'
    | 'stale'
    | 'removing'
    | 'removal_requested'
    | 'missing'
    | 'broken';
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  /** Revision of the spec that was accepted. */
  readonly revision?: string;
  readonly findings: readonly Finding[];
  /** For everything but created, configured and unchanged. */
  readonly reason?: string;
  readonly message?: string;
  readonly hint?: string;
}

/** What a submission led to: one result a document, in the order given, then one for each object that was removed, missing or broken. */
export interface SubmissionResult {
  readonly results: readonly DocumentResult[];
  /** Set while a mass removal waits: confirm it with this token. */
  readonly pendingRemoval: { readonly token: string; readonly count: number; readonly total: number } | null;
}

/** The change that one document would make, object by object; what `diff` prints and apply does. */
export interface ObjectChange {
  readonly object: 'spec' | 'revision' | 'instance' | 'schedule' | 'run';
  readonly action: 'create' | 'update' | 'delete' | 'restore' | 'cancel' | 'start';
  readonly fields: readonly FieldChange[];
}

/** Members of metadata that the server sets; what a document says there is ignored. */
const SERVER_METADATA = new Set([
  'uid',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'finalizers',
  'ownerReferences',
  'managedFields',
  'resourceVersion',
]);

/** Digest of all that an author can say: equal means nothing to do. status and what the server sets do not count. */
export function submittedDigest(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return digestOf(value);
  const { status: _, metadata, ...rest } = value as Record<string, unknown>;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return digestOf({ ...rest, metadata });
  const authored = Object.fromEntries(Object.entries(metadata).filter(([key]) => !SERVER_METADATA.has(key)));
  return digestOf({ ...rest, metadata: authored });
}
