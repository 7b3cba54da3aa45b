import type { CatalogView } from '../../apis/catalog.ts';
import type { Admit, RecordedIdentity, Submission, SubmittedDocument, Verdict } from '../../apis/intake.ts';
import type { RecordedSpec } from '../../apis/ports.ts';
import type { Sorted } from './sort-documents.ts';

/** A document with its verdict. */
export interface Judged {
  readonly document: SubmittedDocument;
  readonly recorded: RecordedSpec | null;
  readonly verdict: Verdict;
}

/** Reads and admits what is to be admitted, one after the other, so that only one document at a time is held whole. */
export async function admitDocuments(
  admit: Admit,
  catalog: CatalogView,
  submission: Submission,
  sorted: readonly Sorted[],
): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const one of sorted) {
    if (one.kind !== 'admit') continue;
    const { document, recorded } = one;
    const verdict = admit(await document.read(), { catalog, scope: submission.scope, recorded: identityOf(recorded) });
    judged.push({ document, recorded, verdict });
  }
  return judged;
}

/** Fields that never change, once a revision was accepted. */
function identityOf(recorded: RecordedSpec | null): RecordedIdentity | null {
  if (recorded === null || recorded.acceptedRevision === null) return null;
  const { ownerType, ownerId, projectId, type } = recorded;
  return ownerType === null || ownerId === null || type === null ? null : { owner: { type: ownerType, id: ownerId }, projectId, type };
}
