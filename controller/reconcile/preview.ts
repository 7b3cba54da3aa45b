import type { ConnectorSpec } from '../../schemas/connector.ts';
import type { DocumentResult, ObjectChange, Submission, SubmittedDocument } from '../apis/intake.ts';
import type { NewSpec, SpecChange } from '../apis/ports.ts';
import type { SpecRow } from '../apis/rows.ts';
import { decide } from './connector/decide/decide.ts';
import { specChange } from './connector/diff.ts';
import type { Judgement } from './connector/observation.ts';
import type { ReconcileDeps } from './connector/reconcile.ts';
import type { Placed } from './intake/new-objects.ts';
import { type IntakeDeps, lookUp, planSubmission, type SubmissionPlan } from './intake/plan-submission.ts';
import { plannedResult } from './intake/results.ts';
import { keyOf } from './intake/sort-documents.ts';

/** What one document would change, object by object: the document itself first, then what the pass would do. */
export interface DocumentPreview extends Pick<DocumentResult, 'namespace' | 'name' | 'outcome' | 'findings'> {
  readonly changes: readonly ObjectChange[];
  /** Why it changes nothing, for refused, conflicting and stale documents. */
  readonly reason?: string;
  readonly message?: string;
}

/** What `diff` prints: the change set that `submit` and the pass after it make, found out with reads alone. */
export type Preview = (submission: Submission) => Promise<DocumentPreview[]>;

/** Plans a submission and decides what its pass would do, over rows as they would then be. */
export function createPreview(deps: { readonly intake: IntakeDeps; readonly reconcile: ReconcileDeps }): Preview {
  return async (submission) => {
    const plan = await planSubmission(deps.intake, submission, await lookUp(deps.intake, submission, true));
    const { specs, now } = await deps.reconcile.store.read(submission.documents);
    const current = new Map(specs.map((spec) => [keyOf(spec), spec]));
    const expected = expectedRows(plan, current, now);
    const rows = await deps.reconcile.store.observe([...expected.values()].map(({ spec }) => spec));
    return submission.documents.map((document, at) => {
      const answer = plan.answers[at] ?? null;
      if (answer !== null) return { ...answer, changes: [] };
      const key = keyOf(document);
      const next = expected.get(key);
      const seen = next === undefined ? undefined : rows.get(next.spec.uid);
      if (next === undefined || seen === undefined) return { ...unchanged(document), changes: [] };
      const passes = decide({ ...seen, spec: next.spec, judgement: next.judgement }, now, deps.reconcile.settings).changes;
      const own = specChange(current.get(key) ?? null, next.spec);
      return { ...plannedResult(next.placed), changes: own === null ? passes : [own, ...passes] };
    });
  };
}

type Expected = { spec: SpecRow; judgement: Judgement; placed: Placed };

/** Rows as they will stand once the submission is written. */
function expectedRows(plan: SubmissionPlan, current: ReadonlyMap<string, SpecRow>, now: Date): Map<string, Expected> {
  const expected = new Map<string, Expected>();
  const add = (write: NewSpec | SpecChange, spec: SpecRow): void => {
    const placed = plan.placed.get(keyOf(write));
    if (placed !== undefined) expected.set(keyOf(write), { spec, judgement: judgementOf(placed), placed });
  };
  for (const create of plan.writes.create) add(create, rowOf(create, now));
  for (const change of plan.writes.change) {
    const row = current.get(keyOf(change));
    if (row !== undefined) add(change, changedRow(row, change));
  }
  return expected;
}

function judgementOf({ verdict }: Placed): Judgement {
  const acceptance = verdict.acceptance === null ? null : { ...verdict.acceptance, spec: verdict.spec as ConnectorSpec };
  return { findings: verdict.findings, acceptance, withdrawn: false };
}

function rowOf(create: NewSpec, now: Date): SpecRow {
  return {
    ...create,
    resourceVersion: 0,
    generation: 1,
    sourceError: null,
    claims: [],
    reconcilePausedAt: null,
    deletionRequestedAt: null,
    observedGeneration: 0,
    createdAt: now,
    attempts: 0,
  };
}

function changedRow(row: SpecRow, change: SpecChange): SpecRow {
  const { labels, annotations, spec, specDigest, findings, source, origin, submittedDigest } = change;
  const acceptedRevision = change.acceptedRevision ?? row.acceptedRevision;
  const generation = row.generation + (change.specChanged ? 1 : 0);
  return {
    ...row,
    labels,
    annotations,
    spec,
    specDigest,
    findings,
    source,
    origin,
    submittedDigest,
    acceptedRevision,
    generation,
    sourceError: null,
  };
}

function unchanged({ namespace, name }: SubmittedDocument): Omit<DocumentPreview, 'changes'> {
  return { namespace, name, outcome: 'unchanged', findings: [] };
}
