import { parseDocuments } from '../../admission/parse/parse-documents.ts';
import { apiError } from '../../apis/errors.ts';
import type { Finding } from '../../apis/finding.ts';
import type { ApiSubmission } from '../../apis/gateway-ports.ts';
import { type DocumentResult, type DocumentToAdmit, type SubmittedDocument, submittedDigest } from '../../apis/intake.ts';
import { DEFAULT_NAMESPACE } from '../admission.ts';

/** What a submission holds. */
export interface ReadSubmission {
  readonly documents: readonly SubmittedDocument[];
  /** A result for each place that could not be read as a document. */
  readonly unreadable: readonly DocumentResult[];
}

/** Name of a document that names itself nothing; no object can have it. */
const UNNAMED = '(unnamed)';

/** Reads the documents of a submission. Throws `RequestInvalid` when it holds none, or more than a resource_version can speak of. */
export function readSubmission(request: ApiSubmission): ReadSubmission {
  const { documents, findings } = parseForNamespace(request);
  if (documents.length + findings.length === 0) throw apiError('RequestInvalid', { problem: 'the body holds no document' });
  if (request.resourceVersion !== undefined && documents.length !== 1) {
    throw apiError('RequestInvalid', { problem: 'resource_version speaks of a single document' });
  }
  return {
    documents: documents.map((document) => submitted(document, request)),
    unreadable: findings.map((found) => unreadable(found, request.namespace)),
  };
}

/** Documents and what could not be read; one that names no namespace is meant for that of the request. */
export function parseForNamespace({ text, file, namespace }: Pick<ApiSubmission, 'text' | 'file' | 'namespace'>): {
  documents: DocumentToAdmit[];
  findings: Finding[];
} {
  const { documents, findings } = parseDocuments(text, file);
  return { documents: documents.map((document) => ({ ...document, value: inNamespace(document.value, namespace) })), findings };
}

function inNamespace(value: unknown, namespace: string): unknown {
  if (typeof value !== 'object' || value === null || namespace === DEFAULT_NAMESPACE) return value;
  const { metadata } = value as { metadata?: unknown };
  if (typeof metadata !== 'object' || metadata === null || 'namespace' in metadata) return value;
  return { ...value, metadata: { ...metadata, namespace } };
}

/** One document as intake takes it; `resourceVersion` of the request counts over that of the document. */
export function submitted(
  document: DocumentToAdmit,
  { namespace, resourceVersion }: Pick<ApiSubmission, 'namespace' | 'resourceVersion'>,
): SubmittedDocument {
  const { metadata } = (document.value ?? {}) as { metadata?: Record<string, unknown> | null };
  const version = resourceVersion ?? metadata?.['resourceVersion'];
  return {
    namespace: typeof metadata?.['namespace'] === 'string' ? metadata['namespace'] : namespace,
    name: typeof metadata?.['name'] === 'string' ? metadata['name'] : UNNAMED,
    digest: submittedDigest(document.value),
    origin: document.file === undefined ? {} : { file: document.file },
    ...(typeof version === 'string' ? { resourceVersion: version } : {}),
    read: () => document,
  };
}

function unreadable(found: Finding, namespace: string): DocumentResult {
  const { reason, message, hint } = found;
  return { namespace, name: UNNAMED, outcome: 'refused', findings: [found], reason, message, hint };
}
