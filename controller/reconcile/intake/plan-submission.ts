import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../platform/clock.ts';
import type { Ids } from '../../../platform/ids.ts';
import { apiError } from '../../apis/errors.ts';
import { type Admit, type DocumentResult, type Submission, wholeListing } from '../../apis/intake.ts';
import type { IntakeStore, IntakeWrites, ObjectKey, RecordedSpec, SourceRow } from '../../apis/ports.ts';
import type { AuditEvent } from '../../apis/rows.ts';
import type { CurrentCatalog } from '../catalog-cache.ts';
import { admitDocuments, type Judged } from './admit-documents.ts';
import { applyAudit, revisionOf, specWrite } from './build-writes.ts';
import { decideMissing, type MissingDecision } from './missing.ts';
import { type Placed, placeObjects } from './new-objects.ts';
import { refusedResult } from './results.ts';
import { keyOf, type Sorted, sortDocuments } from './sort-documents.ts';
import { brokenFiles, sourceFacts } from './source-facts.ts';

/** What intake works with; composed once by main. */
export interface IntakeDeps {
  readonly store: IntakeStore;
  readonly catalog: CurrentCatalog;
  readonly admit: Admit;
  readonly ids: Ids;
  readonly clock: Clock;
}

/** Everything about a submission that is known before it is written. */
export interface SubmissionPlan {
  readonly writes: IntakeWrites;
  /** Documents to be written, by key. */
  readonly placed: ReadonlyMap<string, Placed>;
  readonly recorded: ReadonlyMap<string, RecordedSpec>;
  /** Answers of documents that are not written, by position. */
  readonly answers: readonly (DocumentResult | null)[];
  readonly missing: MissingDecision | null;
}

/** What is recorded about a submission, and what is to be done about each of its documents. */
export interface Look {
  readonly source: SourceRow;
  readonly specs: readonly RecordedSpec[];
  readonly recorded: ReadonlyMap<string, RecordedSpec>;
  readonly sorted: readonly Sorted[];
}

/**
 * Compares a submission with what is recorded, in two queries. `lookAgain`: the catalog changed since this source was last looked at, so
 * that refused documents are judged again. Throws `NotFound` for a source that is not registered.
 */
export async function lookUp(deps: IntakeDeps, submission: Submission, lookAgain: boolean): Promise<Look> {
  const wholeSource = wholeListing(submission) !== null || (submission.broken ?? []).length > 0;
  const { source, specs } = await deps.store.recorded(submission.source, submission.documents, wholeSource);
  if (source === null) throw apiError('NotFound', { kind: 'source', name: submission.source });
  const recorded = new Map(specs.map((object) => [keyOf(object), object]));
  return { source, specs, recorded, sorted: sortDocuments(submission, recorded, lookAgain) };
}

/** Works out what a submission changes, in a constant number of queries; writes nothing. */
export async function planSubmission(deps: IntakeDeps, submission: Submission, look: Look): Promise<SubmissionPlan> {
  const { source, specs, recorded, sorted: first } = look;
  const judged = await admitDocuments(deps.admit, (await deps.catalog()).view, submission, first);
  const storable = judged.filter((one) => one.verdict.acceptance !== null || submission.invalid === 'store');
  const placement = await placeObjects(deps.store, deps.ids, submission, storable);
  const sorted = withConflicts(first, placement.conflicts);
  const worth = placement.placed.filter(isNews);
  const placed = new Map(worth.map((one) => [keyOf(one.document), one]));
  const missing = missingOf(submission, source, specs);
  const facts = sourceFacts(submission, specs, { sorted, missing, written: new Set(placed.keys()) });
  const refused = judged.filter((one) => one.verdict.acceptance === null && !placed.has(keyOf(one.document)));
  const audit = auditOf(submission, { placed: worth, refused, sorted, recorded, missing });
  const rows = worth.map((one) => specWrite(submission, one, { ids: deps.ids, now: deps.clock.now() }));
  return {
    writes: {
      create: rows.flatMap((row) => ('create' in row ? [row.create] : [])),
      change: rows.flatMap((row) => ('change' in row ? [row.change] : [])),
      facts,
      revisions: worth.map(revisionOf).filter((revision) => revision !== null),
      remove: (missing?.remove ?? []).map(({ namespace, name }) => ({ namespace, name })),
      removedBy: submission.actor,
      source: sourceChange(submission, source, missing),
      audit,
    },
    placed,
    recorded,
    answers: answersOf(sorted, judged, placed),
    missing,
  };
}

/** A document that was refused before and is refused again for the same reasons brings nothing new. */
function isNews({ recorded, document, verdict }: Placed): boolean {
  if (recorded === null || recorded.submittedDigest !== document.digest) return true;
  return verdict.acceptance !== null || !isDeepStrictEqual(recorded.findings, verdict.findings);
}

function withConflicts(sorted: readonly Sorted[], conflicts: readonly Extract<Sorted, { kind: 'answered' }>[]): Sorted[] {
  const byDocument = new Map(conflicts.map((conflict) => [conflict.document, conflict]));
  return sorted.map((one) => byDocument.get(one.document) ?? one);
}

function missingOf(submission: Submission, source: SourceRow, specs: readonly RecordedSpec[]): MissingDecision | null {
  const listing = wholeListing(submission);
  if (listing === null) return null;
  const brokenOf = brokenFiles(submission);
  const present = new Set(submission.documents.map(keyOf));
  for (const object of specs) if (brokenOf(object.origin) !== undefined) present.add(keyOf(object));
  const owned = specs.filter((object) => object.source === submission.source);
  return decideMissing(owned, present, { fingerprint: listing.fingerprint, confirmedRemoval: source.confirmedRemoval });
}

/** What the listing changes about its source; null at rest, so that a listing alone writes nothing. */
function sourceChange(submission: Submission, source: SourceRow, missing: MissingDecision | null): IntakeWrites['source'] {
  const listing = wholeListing(submission);
  if (listing === null || missing === null) return null;
  const { pending } = missing;
  const confirmedRemoval = pending === null ? null : source.confirmedRemoval;
  const next = { fingerprint: listing.fingerprint, listingError: null, pendingRemoval: pending, confirmedRemoval };
  const before = pick(source);
  return source.listedAt !== null && isDeepStrictEqual(next, before) ? null : next;
}

function pick({ fingerprint, listingError, pendingRemoval, confirmedRemoval }: SourceRow): NonNullable<IntakeWrites['source']> {
  return { fingerprint, listingError, pendingRemoval, confirmedRemoval };
}

type Audited = {
  placed: readonly Placed[];
  refused: readonly Judged[];
  sorted: readonly Sorted[];
  recorded: ReadonlyMap<string, RecordedSpec>;
  missing: MissingDecision | null;
};

function auditOf(submission: Submission, { placed, refused, sorted, missing }: Audited): AuditEvent[] {
  const events = [...placed, ...(submission.invalid === 'refuse' ? refused : [])].map((one) => {
    const { verdict, document, recorded } = one;
    const reason = verdict.findings.find((found) => found.severity === 'error')?.reason;
    const instanceId = 'instanceId' in one ? (one.instanceId as string) : recorded?.instanceId;
    return applyAudit(submission, {
      ...key(document),
      outcome: verdict.acceptance === null ? 'refused' : 'accepted',
      ...(instanceId === undefined ? {} : { instanceId }),
      ...(reason === undefined ? {} : { reason }),
      ...(verdict.acceptance === null ? {} : { revision: verdict.acceptance.revision }),
    });
  });
  for (const object of missing?.remove ?? []) {
    const { instanceId } = object;
    events.push(applyAudit(submission, { ...key(object), instanceId, outcome: 'accepted', action: 'connector.spec.remove' }));
  }
  // A folder shows a losing document for ever; only a request is worth an event each time.
  if (submission.invalid === 'refuse') {
    for (const one of sorted)
      if (one.kind === 'answered')
        events.push(applyAudit(submission, { ...key(one.document), outcome: 'refused', ...reasonOf(one.result) }));
  }
  return events;
}

function reasonOf({ reason }: DocumentResult): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

function key({ namespace, name }: ObjectKey): ObjectKey {
  return { namespace, name };
}

function answersOf(sorted: readonly Sorted[], judged: readonly Judged[], placed: ReadonlyMap<string, Placed>): (DocumentResult | null)[] {
  const verdicts = new Map(judged.map((one) => [one.document, one.verdict]));
  return sorted.map((one) => {
    if (one.kind === 'answered') return one.result;
    const verdict = verdicts.get(one.document);
    return verdict !== undefined && verdict.acceptance === null && !placed.has(keyOf(one.document))
      ? refusedResult(one.document, verdict)
      : null;
  });
}
