import type { ApiSubmission, DocumentDiff, ReadConnector, SpecDoor, Subject } from '../apis/gateway-ports.ts';
import type { Admit, DocumentResult, ObjectChange, Submission } from '../apis/intake.ts';
import { apiError } from '../apis/errors.ts';
import type { Actor, AuditEvent, RevisionRow } from '../apis/rows.ts';
import type { CurrentCatalog } from '../reconcile/catalog-cache.ts';
import type { Intake } from '../reconcile/intake/submit.ts';
import type { Preview } from '../reconcile/preview.ts';
import { DEFAULT_NAMESPACE } from './admission.ts';
import { guardScope, type GuardParts, scopeOf } from './upload/guard-scope.ts';
import { requireTaken } from './upload/judge-results.ts';
import { parseForNamespace, readSubmission, submitted } from './upload/read-submission.ts';

/** Configured name of the door behind the API. */
export const UPLOAD_SOURCE = 'upload';

/** What the door stands on. */
export interface UploadDoorParts {
  readonly intake: Intake;
  readonly preview: Preview;
  readonly admit: Admit;
  readonly catalog: CurrentCatalog;
  readonly hidden: GuardParts['hidden'];
  readonly audit: (events: readonly AuditEvent[]) => Promise<void>;
  actorOf(subject: Subject): Actor;
  revisions(key: { namespace: string; name: string }): Promise<(RevisionRow & { generation: number })[]>;
}

/** The upload API as a door: it takes or refuses each document on its own, at once; of a refused one it stores the audit row alone. */
export function composeUploadDoor(parts: UploadDoorParts): SpecDoor {
  return {
    async apply(request) {
      const refused = (results: readonly DocumentResult[]) => parts.audit(results.map((result) => refusalAudit(result, request, parts)));
      const submit = async (submission: Submission) => (await parts.intake.submit(submission)).results;
      return { results: requireTaken(await throughDoor(request, parts, submit, refused)) };
    },
    async dryRun(request) {
      const previews = await throughDoor(request, parts, parts.preview);
      return { results: requireTaken(previews.map(({ changes: _, ...result }) => result)) };
    },
    async validate(request) {
      const { documents, findings } = parseForNamespace(request);
      const { view } = await parts.catalog();
      const context = { catalog: view, scope: scopeOf(request.subject), recorded: null };
      return { findings: [...findings, ...documents.flatMap((document) => parts.admit(document, context).findings)] };
    },
    async diff(request) {
      const previews = await throughDoor(request, parts, parts.preview);
      requireTaken(previews);
      return { diffs: previews.map(diffOf) };
    },
    async remove(target, subject, requestId) {
      const { namespace = DEFAULT_NAMESPACE, name } = target.view.metadata;
      const actor = parts.actorOf(subject);
      try {
        await parts.intake.remove({ source: UPLOAD_SOURCE, epoch: null, namespace, name, actor, requestId });
      } catch (error) {
        const { reason } = error as { reason?: unknown };
        const refused = { actor, action: 'connector.spec.remove', outcome: 'refused', namespace, name, requestId } as const;
        await parts.audit([
          { ...refused, instanceId: target.instanceId, source: UPLOAD_SOURCE, ...(typeof reason === 'string' ? { reason } : {}) },
        ]);
        throw error;
      }
    },
    async rollback(target, revision, subject, requestId) {
      const { namespace = DEFAULT_NAMESPACE, name } = target.view.metadata;
      const found = (await parts.revisions({ namespace, name })).filter((one) => one.revision.startsWith(revision));
      if (found.length !== 1 || found[0] === undefined) throw apiError('RevisionUnknown', { namespace, name, revision });
      const documents = [submitted({ value: documentOf(target, found[0]) }, { namespace })];
      const { results } = await parts.intake.submit({ ...submission({ subject, requestId }, parts), documents });
      return requireTaken(results)[0] as DocumentResult;
    },
  };
}

/** What became of a document; a preview also says what would change. */
type Outcome = DocumentResult & { readonly changes?: readonly ObjectChange[] };

/**
 * Reads the documents, holds back what the subject has no business with, hands on the rest, and answers one result a document, in the
 * order given, unreadable ones last.
 */
async function throughDoor(
  request: ApiSubmission,
  parts: UploadDoorParts,
  handOn: (submission: Submission) => Promise<readonly Outcome[]>,
  refused: (results: readonly DocumentResult[]) => Promise<void> = async () => undefined,
): Promise<Outcome[]> {
  const { documents, unreadable } = readSubmission(request);
  const { view } = await parts.catalog();
  const answers = await guardScope(documents, request.subject, { admit: parts.admit, catalog: view, hidden: parts.hidden });
  const held = answers.filter((answer) => answer !== null);
  if (held.length + unreadable.length > 0) await refused([...held, ...unreadable]);
  const passed = documents.filter((_, at) => answers[at] === null);
  const results = passed.length === 0 ? [] : await handOn({ ...submission(request, parts), documents: passed });
  const byDocument = new Map(passed.map((document, at) => [document, results[at] as Outcome]));
  return [...documents.map((document, at) => answers[at] ?? (byDocument.get(document) as Outcome)), ...unreadable];
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

/** The audit row of a document that never reached intake, which writes those of all others. It names no instance: what is there is not the subject's. */
function refusalAudit({ namespace, name, reason }: DocumentResult, request: ApiSubmission, parts: UploadDoorParts): AuditEvent {
  return {
    actor: parts.actorOf(request.subject),
    action: 'connector.spec.apply',
    outcome: 'refused',
    namespace,
    name,
    source: UPLOAD_SOURCE,
    requestId: request.requestId,
    ...(reason === undefined ? {} : { reason }),
  };
}

function diffOf({
  namespace,
  name,
  outcome,
  changes = [],
  findings,
}: DocumentResult & { changes?: readonly ObjectChange[] }): DocumentDiff {
  return { namespace, name, outcome, changes, findings };
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
