import { parseDocuments } from '../admission/parse/parse-documents.ts';
import { apiError } from '../apis/errors.ts';
import type { Finding } from '../apis/finding.ts';
import type { ApiSubmission, ReadConnector, SpecDoor, Subject } from '../apis/gateway-ports.ts';
import {
  type Admit,
  type DocumentResult,
  type DocumentToAdmit,
  type DoorScope,
  type Submission,
  type SubmittedDocument,
  submittedDigest,
} from '../apis/intake.ts';

import type { Actor, RevisionRow } from '../apis/rows.ts';
import type { CurrentCatalog } from '../reconcile/catalog-cache.ts';
import type { Intake } from '../reconcile/intake/submit.ts';
import type { Preview } from '../reconcile/preview.ts';
import { DEFAULT_NAMESPACE } from './admission.ts';

/** Configured name of the door behind the API. */
export const UPLOAD_SOURCE = 'upload';

/** What the door stands on. */
export interface UploadDoorParts {
  readonly intake: Intake;
  readonly preview: Preview;
  readonly admit: Admit;
  readonly catalog: CurrentCatalog;
  actorOf(subject: Subject): Actor;
  revisions(key: { namespace: string; name: string }): Promise<(RevisionRow & { generation: number })[]>;
}

/** The upload API as a door: refuses synchronously, and then stores nothing but the audit row. */
export function composeUploadDoor(parts: UploadDoorParts): SpecDoor {
  return {
    async apply(request) {
      const { results } = await parts.intake.submit(submissionOf(request, parts));
      return { results: requireTaken(results) };
    },
    async dryRun(request) {
      const previews = await parts.preview(submissionOf(request, parts));
      return { results: requireTaken(previews.map(({ changes: _, ...result }) => result)) };
    },
    async validate(request) {
      const { documents, findings } = read(request);
      const { view } = await parts.catalog();
      const context = { catalog: view, scope: scopeOf(request.subject), recorded: null };
      return { findings: [...findings, ...documents.flatMap((document) => parts.admit(document, context).findings)] };
    },
    async diff(request) {
      const previews = await parts.preview(submissionOf(request, parts));
      requireTaken(previews);
      return { diffs: previews };
    },
    async remove(target, subject, requestId) {
      const { namespace = DEFAULT_NAMESPACE, name } = target.view.metadata;
      await parts.intake.remove({ source: UPLOAD_SOURCE, epoch: null, namespace, name, actor: parts.actorOf(subject), requestId });
    },
    async rollback(target, revision, subject, requestId) {
      const { namespace = DEFAULT_NAMESPACE, name } = target.view.metadata;
      const found = (await parts.revisions({ namespace, name })).filter((one) => one.revision.startsWith(revision));
      if (found.length !== 1 || found[0] === undefined) throw apiError('RevisionUnknown', { namespace, name, revision });
      const document = documentOf(target, found[0]);
      const { results } = await parts.intake.submit({
        ...submission({ subject, requestId }, parts),
        documents: [submitted({ value: document }, { namespace, name })],
      });
      return requireTaken(results)[0] as DocumentResult;
    },
  };
}

function documentOf(target: ReadConnector, revision: RevisionRow): Record<string, unknown> {
  const { apiVersion, kind, metadata } = target.view;
  const { name, namespace, labels, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
    spec: revision.spec,
  };
}

function submission(request: Pick<ApiSubmission, 'subject' | 'requestId'>, parts: UploadDoorParts): Omit<Submission, 'documents'> {
  return {
    source: UPLOAD_SOURCE,
    epoch: null,
    scope: scopeOf(request.subject),
    actor: parts.actorOf(request.subject),
    requestId: request.requestId,
    invalid: 'refuse',
  };
}

/** Throws `DocumentsRefused` when a text cannot be read, or names no object. */
function submissionOf(request: ApiSubmission, parts: UploadDoorParts): Submission {
  const { documents, findings } = read(request);
  if (findings.some(({ severity }) => severity === 'error')) throw refused(findings, documents.length + 1, 1);
  if (documents.length === 0) throw apiError('RequestInvalid', { problem: 'the body holds no document' });
  return {
    ...submission(request, parts),
    documents: documents.map((document) => submitted(document, identityOf(document.value, request.namespace))),
  };
}

function read(request: ApiSubmission): { documents: DocumentToAdmit[]; findings: Finding[] } {
  const { documents, findings } = parseDocuments(request.text, request.file);
  return { documents: documents.map((document) => ({ ...document, value: inNamespace(document.value, request.namespace) })), findings };
}

/** A document that names no namespace is meant for that of the request. */
function inNamespace(value: unknown, namespace: string): unknown {
  if (typeof value !== 'object' || value === null || namespace === DEFAULT_NAMESPACE) return value;
  const { metadata } = value as { metadata?: unknown };
  if (typeof metadata !== 'object' || metadata === null || 'namespace' in metadata) return value;
  return { ...value, metadata: { ...metadata, namespace } };
}

function submitted(document: DocumentToAdmit, identity: { namespace: string; name: string }): SubmittedDocument {
  const resourceVersion = (document.value as { metadata?: { resourceVersion?: unknown } } | null)?.metadata?.resourceVersion;
  return {
    ...identity,
    digest: submittedDigest(document.value),
    origin: document.file === undefined ? {} : { file: document.file },
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    read: () => document,
  };
}

/** What a document is about; one that names nothing gets a name that no object can have, and is refused by its schema. */
function identityOf(value: unknown, namespace: string): { namespace: string; name: string } {
  const { metadata } = (value ?? {}) as { metadata?: { name?: unknown; namespace?: unknown } | null };
  return {
    namespace: typeof metadata?.namespace === 'string' ? metadata.namespace : namespace,
    name: typeof metadata?.name === 'string' ? metadata.name : '(unnamed)',
  };
}

/** An owner's token may write for that owner in its namespaces; an operator's for everyone. */
function scopeOf({ kind, namespaces, owner, projectId }: Subject): DoorScope {
  if (kind === 'operator' || owner === null) return { namespaces, owners: null };
  return { namespaces, owners: [{ ...owner, ...(projectId === null ? {} : { projectId }) }] };
}

type Outcome = Pick<DocumentResult, 'namespace' | 'name' | 'outcome' | 'findings'> & Partial<DocumentResult>;

/** All or the reason: throws the typed error of the first document that was not taken. */
function requireTaken<T extends Outcome>(results: readonly T[]): readonly T[] {
  const refusals = results.filter(({ outcome }) => outcome === 'refused');
  if (refusals.length > 0)
    throw refused(
      refusals.flatMap(({ findings }) => findings),
      results.length,
      refusals.length,
    );
  const lost = results.find(({ outcome }) => outcome === 'conflict' || outcome === 'stale' || outcome === 'removing');
  if (lost !== undefined) throw notTaken(lost);
  return results;
}

function notTaken({ namespace, name, outcome, reason, message, hint }: Outcome): Error {
  const fallback = outcome === 'stale' ? 'ResourceVersionConflict' : outcome === 'removing' ? 'DeletionInProgress' : 'SourceConflict';
  const known = reason === 'SourceConflict' || reason === 'ResourceVersionConflict' || reason === 'DeletionInProgress' ? reason : fallback;
  const fault = apiError(known, { kind: 'connector', namespace, name, owner: 'another source' });
  if (message !== undefined) fault.message = message;
  if (hint !== undefined) Object.assign(fault, { hint });
  return fault;
}

function refused(findings: readonly Finding[], total: number, count: number): Error {
  const fault = apiError('DocumentsRefused', { refused: count, total });
  Object.assign(fault.details, { findings });
  return fault;
}
