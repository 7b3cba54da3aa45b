import type { CatalogView } from '../../apis/catalog.ts';
import type { Subject, Visibility } from '../../apis/gateway-ports.ts';
import type { Admit, DocumentResult, DoorScope, SubmittedDocument } from '../../apis/intake.ts';
import type { ObjectKey } from '../../apis/ports.ts';
import { visibilityOf } from '../../gateway/access/access.ts';

/** What the guard asks. */
export interface GuardParts {
  readonly admit: Admit;
  readonly catalog: CatalogView;
  hidden(keys: readonly ObjectKey[], visibility: Visibility): Promise<ObjectKey[]>;
}

/** An owner's token may write for that owner in its namespaces; an operator's for everyone. */
export function scopeOf({ kind, namespaces, owner, projectId }: Subject): DoorScope {
  if (kind === 'operator') return { namespaces, owners: null };
  return { namespaces, owners: owner === null ? [] : [{ ...owner, ...(projectId === null ? {} : { projectId }) }] };
}

/**
 * Refuses what a subject has no business with before anything that is recorded is looked at, so that the answer does not depend on it: a
 * foreign namespace or owner, and a name that belongs to somebody whose connectors the subject may not see. Of that connector nothing is
 * told, neither owner nor source nor version; that its name is taken cannot be hidden. Null: let it pass.
 */
export async function guardScope(
  documents: readonly SubmittedDocument[],
  subject: Subject,
  parts: GuardParts,
): Promise<(DocumentResult | null)[]> {
  const scope = scopeOf(subject);
  if (scope.namespaces === null && scope.owners === null) return documents.map(() => null);
  const foreign = new Set((await parts.hidden(documents, visibilityOf(subject))).map(keyOf));
  const answers: (DocumentResult | null)[] = [];
  for (const document of documents) {
    answers.push((await outOfScope(document, scope, parts)) ?? (foreign.has(keyOf(document)) ? taken(document) : null));
  }
  return answers;
}

async function outOfScope(document: SubmittedDocument, scope: DoorScope, { admit, catalog }: GuardParts): Promise<DocumentResult | null> {
  const { findings } = admit(await document.read(), { catalog, scope, recorded: null });
  const found = findings.find(({ reason }) => reason === 'NamespaceNotAllowed' || reason === 'OwnerNotAllowed');
  if (found === undefined) return null;
  const { namespace, name } = document;
  return { namespace, name, outcome: 'refused', findings, reason: found.reason, message: found.message, hint: found.hint };
}

function taken({ namespace, name }: SubmittedDocument): DocumentResult {
  return {
    namespace,
    name,
    outcome: 'conflict',
    findings: [],
    reason: 'SourceConflict',
    message: `the name ${namespace}/${name} is taken by somebody else`,
    hint: 'Choose another name, or another namespace.',
  };
}

function keyOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
