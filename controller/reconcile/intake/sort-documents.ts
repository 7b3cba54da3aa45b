import { apiErrorMessage, apiErrors, type ApiErrorReason } from '../../apis/errors.ts';
import type { DocumentResult, Submission, SubmittedDocument } from '../../apis/intake.ts';
import type { ObjectKey, RecordedSpec } from '../../apis/ports.ts';

/** Annotation of a recorded object that lets another source take it over. */
export const ADOPT_ANNOTATION = 'cynodeai.io/adopt';
/** The owner of objects that a source let go of; whoever brings the document next takes them over. */
const RELEASED = 'released';

/** What is to be done about one document. */
export type Sorted =
  /** Nothing about the document itself. */
  | { readonly kind: 'unchanged'; readonly document: SubmittedDocument; readonly recorded: RecordedSpec }
  /** To be admitted: new, changed, or refused before and worth another look. */
  | { readonly kind: 'admit'; readonly document: SubmittedDocument; readonly recorded: RecordedSpec | null }
  /** Answered as it stands. `against`: the object that the document collides with. */
  | {
      readonly kind: 'answered';
      readonly document: SubmittedDocument;
      readonly result: DocumentResult;
      readonly against: RecordedSpec | null;
    };

/** Text key of an object. */
export function keyOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

/**
 * Sorts the documents of a submission by what is recorded. Pure; in the order given. The document that was recorded first owns its name:
 * of several in one source the one whose file is recorded, else the first; of another source's none, unless that one let go.
 * `lookAgain`: documents that were refused before are judged again, since the catalog changed.
 */
export function sortDocuments(submission: Submission, recorded: ReadonlyMap<string, RecordedSpec>, lookAgain: boolean): Sorted[] {
  const winners = winnersOf(submission.documents, recorded);
  return submission.documents.map((document) => {
    const known = recorded.get(keyOf(document)) ?? null;
    if (winners.get(keyOf(document)) !== document) {
      const other = winners.get(keyOf(document)) as SubmittedDocument;
      const owner = `${submission.source} (${other.origin.file ?? 'another document'})`;
      return { kind: 'answered', document, result: conflictResult(document, owner), against: known };
    }
    return known === null ? sortNew(document) : sortKnown(submission, document, known, lookAgain);
  });
}

function winnersOf(documents: readonly SubmittedDocument[], recorded: ReadonlyMap<string, RecordedSpec>): Map<string, SubmittedDocument> {
  const winners = new Map<string, SubmittedDocument>();
  for (const document of documents) {
    const key = keyOf(document);
    const current = winners.get(key);
    const file = recorded.get(key)?.origin.file;
    if (current === undefined || (file !== undefined && document.origin.file === file && current.origin.file !== file))
      winners.set(key, document);
  }
  return winners;
}

/** A resourceVersion speaks of an object that must be there. */
function sortNew(document: SubmittedDocument): Sorted {
  if (document.resourceVersion === undefined) return { kind: 'admit', document, recorded: null };
  const values = { ...keyPart(document), actual: 'none: it is not there', given: document.resourceVersion };
  return { kind: 'answered', document, result: refusal(document, 'stale', 'ResourceVersionConflict', values), against: null };
}

function sortKnown(submission: Submission, document: SubmittedDocument, recorded: RecordedSpec, lookAgain: boolean): Sorted {
  const answered = (result: DocumentResult, against: RecordedSpec | null = null): Sorted => ({
    kind: 'answered',
    document,
    result,
    against,
  });
  if (recorded.source !== submission.source && !letsGo(recorded, submission.source)) {
    return answered(conflictResult(document, `source ${recorded.source}`), recorded);
  }
  if (recorded.deleting) return answered(refusal(document, 'removing', 'DeletionInProgress', { ...keyPart(document) }));
  if (document.resourceVersion !== undefined && document.resourceVersion !== String(recorded.resourceVersion)) {
    const values = { ...keyPart(document), actual: recorded.resourceVersion, given: document.resourceVersion };
    return answered(refusal(document, 'stale', 'ResourceVersionConflict', values));
  }
  const same = recorded.submittedDigest === document.digest && recorded.source === submission.source;
  return same && !(recorded.refused && lookAgain) ? { kind: 'unchanged', document, recorded } : { kind: 'admit', document, recorded };
}

function letsGo(recorded: RecordedSpec, to: string): boolean {
  return recorded.source === RELEASED || recorded.annotations[ADOPT_ANNOTATION] === to;
}

/** The answer to a document whose name belongs to another one. */
export function conflictResult(document: SubmittedDocument, owner: string): DocumentResult {
  return refusal(document, 'conflict', 'SourceConflict', { kind: 'Connector', ...keyPart(document), owner });
}

/** An answer with a reason of the error table. */
export function refusal(
  document: SubmittedDocument,
  outcome: DocumentResult['outcome'],
  reason: ApiErrorReason,
  values: Record<string, unknown>,
): DocumentResult {
  return { ...place(document), outcome, findings: [], reason, message: apiErrorMessage(reason, values), hint: apiErrors[reason].hint };
}

/** Key and file of a document, as results carry them. */
export function place(document: SubmittedDocument): Pick<DocumentResult, 'namespace' | 'name' | 'file'> {
  const { file } = document.origin;
  return { ...keyPart(document), ...(file === undefined ? {} : { file }) };
}

function keyPart({ namespace, name }: ObjectKey): ObjectKey {
  return { namespace, name };
}
