import { isDeepStrictEqual } from 'node:util';
import { apiError } from '../../apis/errors.ts';
import type { DocumentResult, Submission, SubmissionResult, SubmittedDocument } from '../../apis/intake.ts';
import type { IntakeWrites } from '../../apis/ports.ts';
import type { Actor, SourceError } from '../../apis/rows.ts';
import { conditionReasons } from '../../apis/status/condition-reasons.ts';
import { type IntakeDeps, type Look, lookUp, planSubmission, type SubmissionPlan } from './plan-submission.ts';
import { missingResults, unchangedResult, writtenResult } from './results.ts';
import { keyOf } from './sort-documents.ts';

/** What every door calls. */
export interface Intake {
  /**
   * Takes in documents: set-based, idempotent, one transaction; documents at rest write nothing. Throws `SourceLeaseLost` (stall),
   * `NotFound` for an unregistered source, `DatabaseUnavailable` (retry); everything about a document is in its result.
   */
  submit(submission: Submission): Promise<SubmissionResult>;
  /** The source cannot be listed: its documents stay in force and are told `SourceMissing`. Repeating it writes nothing. */
  reportUnavailable(source: string, epoch: number | null, error: { message: string; hint?: string }): Promise<void>;
  /** Asks for the removal of one object, through its own door. Throws `NotFound`, or `SourceConflict` when another source owns it. */
  remove(request: RemoveRequest): Promise<DocumentResult>;
}

/** Who wants which object removed. */
export interface RemoveRequest {
  readonly source: string;
  readonly epoch: number | null;
  readonly namespace: string;
  readonly name: string;
  readonly actor: Actor;
  readonly requestId?: string;
}

/** News of a listing beyond this many documents is written part by part. */
const PART = 1_000;
/** Writers that meet are few; a document that lost this often is answered as it stands. */
const ATTEMPTS = 3;

/** Intake over the given store. Remembers, per source, the catalog against which refused documents were last judged. */
export function createIntake(deps: IntakeDeps): Intake {
  const judgedAgainst = new Map<string, string>();
  return {
    async submit(submission) {
      const { stamp } = await deps.catalog();
      const result = await submitOnce(deps, submission, judgedAgainst.get(submission.source) !== stamp, ATTEMPTS);
      judgedAgainst.set(submission.source, stamp);
      return result;
    },
    reportUnavailable: (source, epoch, error) => reportUnavailable(deps, { source, epoch }, error),
    remove: (request) => remove(deps, request),
  };
}

async function submitOnce(deps: IntakeDeps, submission: Submission, lookAgain: boolean, attempts: number): Promise<SubmissionResult> {
  const look = await lookUp(deps, submission, lookAgain);
  const news = newsOf(submission, look);
  return news.length > PART ? submitInParts(deps, submission, news) : carryOut(deps, submission, look, attempts);
}

async function carryOut(deps: IntakeDeps, submission: Submission, look: Look, attempts: number): Promise<SubmissionResult> {
  const plan = await planSubmission(deps, submission, look);
  const written = isEmpty(plan.writes) ? [] : await deps.store.write(submission, plan.writes);
  const byKey = new Map(written.map((row) => [keyOf(row), row]));
  const lost = submission.documents.filter(
    (document, at) => plan.answers[at] === null && plan.placed.has(keyOf(document)) && !byKey.has(keyOf(document)),
  );
  const again =
    lost.length > 0 && attempts > 1
      ? await submitLost(deps, { ...submission, documents: lost }, attempts)
      : new Map<string, DocumentResult>();
  const results = submission.documents.map((document, at) => {
    const key = keyOf(document);
    const placed = plan.placed.get(key);
    const answer = plan.answers[at] ?? again.get(key);
    if (answer !== undefined) return answer;
    return placed === undefined ? unchanged(plan, submission, at) : writtenResult(placed, byKey.get(key));
  });
  return { results: [...results, ...missingResults(plan.missing, submission)], pendingRemoval: plan.missing?.pending ?? null };
}

/** Documents of a listing that are to be admitted. A request is one transaction however large it is. */
function newsOf({ listing }: Submission, { sorted }: Look): readonly SubmittedDocument[] {
  return listing === undefined ? [] : sorted.flatMap((one) => (one.kind === 'admit' ? [one.document] : []));
}

/**
 * Takes in the news of a large listing part by part, so that reconciliation begins with the first while the next is still judged, then
 * what the whole listing says beside it. Whatever ends it between two parts, the next listing goes on from there.
 */
async function submitInParts(deps: IntakeDeps, submission: Submission, news: readonly SubmittedDocument[]): Promise<SubmissionResult> {
  const { broken: _, ...rest } = submission;
  const listing = { fingerprint: submission.listing?.fingerprint ?? '', partial: true };
  const early = new Map<string, DocumentResult>();
  for (let at = 0; at < news.length; at += PART) {
    const { results } = await submitOnce(deps, { ...rest, listing, documents: news.slice(at, at + PART) }, true, ATTEMPTS);
    for (const result of results) early.set(keyOf(result), result);
  }
  const { results, pendingRemoval } = await carryOut(deps, submission, await lookUp(deps, submission, false), ATTEMPTS);
  return {
    results: results.map((result) => (result.outcome === 'unchanged' ? (early.get(keyOf(result)) ?? result) : result)),
    pendingRemoval,
  };
}

/** Documents whose object was written by somebody else meanwhile are looked at afresh, without their listing. */
async function submitLost(deps: IntakeDeps, submission: Submission, attempts: number): Promise<Map<string, DocumentResult>> {
  const { listing, broken: _, ...rest } = submission;
  const documentsOnly = listing === undefined ? rest : { ...rest, listing: { ...listing, partial: true } };
  const { results } = await submitOnce(deps, documentsOnly, false, attempts - 1);
  return new Map(results.map((result) => [keyOf(result), result]));
}

function unchanged(plan: SubmissionPlan, submission: Submission, at: number): DocumentResult {
  const document = submission.documents[at];
  const recorded = document === undefined ? undefined : plan.recorded.get(keyOf(document));
  if (document === undefined || recorded === undefined) throw new Error('a document is answered, written or recorded');
  return unchangedResult(document, recorded);
}

function isEmpty({ create, change, facts, remove: removed, source, audit }: IntakeWrites): boolean {
  return create.length + change.length + facts.length + removed.length + audit.length === 0 && source === null;
}

async function reportUnavailable(
  deps: IntakeDeps,
  fence: { source: string; epoch: number | null },
  error: { message: string; hint?: string },
): Promise<void> {
  const { source, specs } = await deps.store.recorded(fence.source, [], true);
  if (source === null) throw apiError('NotFound', { kind: 'source', name: fence.source });
  const told: SourceError = { reason: 'SourceMissing', message: error.message, hint: error.hint ?? conditionReasons.SourceMissing.hint };
  const facts = specs
    .filter((object) => object.source === fence.source && !object.deleting && !isDeepStrictEqual(object.sourceError, told))
    .map(({ namespace, name, origin, claims }) => ({ namespace, name, origin, claims, sourceError: told }));
  const { fingerprint, pendingRemoval, confirmedRemoval } = source;
  const known = isDeepStrictEqual(source.listingError, told);
  if (facts.length === 0 && known) return;
  const change = known ? null : { fingerprint, pendingRemoval, confirmedRemoval, listingError: told };
  await deps.store.write(fence, { ...NOTHING, facts, source: change });
}

async function remove(deps: IntakeDeps, request: RemoveRequest): Promise<DocumentResult> {
  const { namespace, name, source, actor } = request;
  const { specs } = await deps.store.recorded(source, [{ namespace, name }], false);
  const object = specs[0];
  if (object === undefined) throw apiError('NotFound', { kind: 'connector', name: `${namespace}/${name}` });
  if (object.source !== source) throw apiError('SourceConflict', { kind: 'Connector', namespace, name, owner: `source ${object.source}` });
  const result = { namespace, name, uid: object.uid, findings: [] };
  if (object.deleting) return { ...result, outcome: 'removing' };
  const audit = {
    actor,
    action: 'connector.spec.remove',
    outcome: 'accepted' as const,
    namespace,
    name,
    instanceId: object.instanceId,
    source,
  };
  const requestId = request.requestId === undefined ? {} : { requestId: request.requestId };
  await deps.store.write(request, { ...NOTHING, remove: [{ namespace, name }], removedBy: actor, audit: [{ ...audit, ...requestId }] });
  return { ...result, outcome: 'removal_requested' };
}

const NOTHING: IntakeWrites = {
  create: [],
  change: [],
  facts: [],
  revisions: [],
  remove: [],
  removedBy: { kind: 'controller', name: 'intake' },
  source: null,
  audit: [],
};
