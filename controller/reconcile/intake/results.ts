import { apiErrorMessage, apiErrors } from '../../apis/errors.ts';
import type { DocumentResult, Submission, SubmittedDocument, Verdict } from '../../apis/intake.ts';
import type { RecordedSpec, WrittenSpec } from '../../apis/ports.ts';
import type { MissingDecision } from './missing.ts';
import type { Placed } from './new-objects.ts';
import { conflictResult, keyOf, place, refusal } from './sort-documents.ts';

/** The answer to a document that admission refused. */
export function refusedResult(document: SubmittedDocument, verdict: Verdict): DocumentResult {
  const error = verdict.findings.find((found) => found.severity === 'error');
  const values = { refused: 1, total: 1 };
  return {
    ...place(document),
    outcome: 'refused',
    findings: verdict.findings,
    reason: error?.reason ?? 'DocumentsRefused',
    message: error?.message ?? apiErrorMessage('DocumentsRefused', values),
    hint: error?.hint ?? apiErrors.DocumentsRefused.hint,
  };
}

/** The answer to a document that was written, or that lost against somebody who was quicker (`lost`). */
export function writtenResult(placed: Placed, written: WrittenSpec | undefined): DocumentResult {
  const { document, recorded, verdict } = placed;
  if (written === undefined) return lostResult(document, recorded);
  const base = {
    ...place(document),
    uid: written.uid,
    generation: written.generation,
    resourceVersion: String(written.resourceVersion),
    findings: verdict.findings,
  };
  if (verdict.acceptance === null) return { ...refusedResult(document, verdict), ...base, outcome: 'refused' };
  return { ...base, outcome: recorded === null ? 'created' : 'configured', revision: verdict.acceptance.revision };
}

/** The answer to a document that would be written. */
export function plannedResult({ document, recorded, verdict }: Placed): DocumentResult {
  if (verdict.acceptance === null) return refusedResult(document, verdict);
  const versions =
    recorded === null ? {} : { uid: recorded.uid, generation: recorded.generation, resourceVersion: String(recorded.resourceVersion) };
  const outcome = recorded === null ? 'created' : 'configured';
  return { ...place(document), ...versions, outcome, revision: verdict.acceptance.revision, findings: verdict.findings };
}

/** Somebody wrote the object between the look and the write, again and again. */
function lostResult(document: SubmittedDocument, recorded: RecordedSpec | null): DocumentResult {
  if (recorded === null) return conflictResult(document, 'a document that was applied at the same moment');
  const values = { namespace: document.namespace, name: document.name, actual: 'a newer one', given: recorded.resourceVersion };
  return refusal(document, 'stale', 'ResourceVersionConflict', values);
}

/** The answer to a document that changes nothing. */
export function unchangedResult(document: SubmittedDocument, recorded: RecordedSpec): DocumentResult {
  return {
    ...place(document),
    outcome: 'unchanged',
    uid: recorded.uid,
    generation: recorded.generation,
    resourceVersion: String(recorded.resourceVersion),
    findings: [],
    ...(recorded.acceptedRevision === null ? {} : { revision: recorded.acceptedRevision }),
  };
}

/** Answers about objects that a complete listing does not show. */
export function missingResults(missing: MissingDecision | null, submission: Submission): DocumentResult[] {
  if (missing === null) return [];
  const base = (object: RecordedSpec) => ({
    namespace: object.namespace,
    name: object.name,
    ...(object.origin.file === undefined ? {} : { file: object.origin.file }),
    uid: object.uid,
    findings: [],
  });
  const shown = new Set(submission.documents.map(keyOf));
  const removed = missing.remove.map((object) => ({ ...base(object), outcome: 'removal_requested' as const }));
  const kept = missing.keep.filter(({ recorded }) => !shown.has(keyOf(recorded)));
  return [...removed, ...kept.map(({ recorded, error }) => ({ ...base(recorded), outcome: 'missing' as const, ...error }))];
}
