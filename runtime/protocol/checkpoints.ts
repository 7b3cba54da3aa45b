import type { CommitStatus } from '../../schemas/run-words.ts';
import { type ManifestStream, parentsOf } from './manifest/manifest-stream.ts';

/** An accepted DETAIL_COVERAGE, reduced to what A14 asks of it. */
export interface CoverageReport {
  readonly stream: string;
  /** The parent that it accounts for. */
  readonly parent: string;
  /** Every required key is hydrated, or has a matching gap of this run. */
  readonly complete: boolean;
}

/** What decides which staged checkpoints may be committed. */
export interface CheckpointQuestion {
  readonly manifest: readonly ManifestStream[];
  readonly scoped: ReadonlySet<string>;
  /** T: streams with a staged cursor. */
  readonly staged: ReadonlySet<string>;
  /** F: streams named by `stream_collection_failed` skips; counts in a certified failure only. */
  readonly failedStreams: ReadonlySet<string>;
  /** C. */
  readonly reports: readonly CoverageReport[];
  /** True for a certified stream-scoped failure, false for a success. */
  readonly certifiedFailure: boolean;
}

/** Why a checkpoint is not committed although the run may commit. */
export interface WithheldCheckpoint {
  readonly stream: string;
  readonly reason: 'stream_collection_failed' | 'detail_coverage_incomplete';
}

/** Both in manifest order. */
export interface CheckpointPlan {
  readonly commit: readonly string[];
  readonly withheld: readonly WithheldCheckpoint[];
}

type Reason = WithheldCheckpoint['reason'];
type Withheld = Map<string, Reason>;

/** Decides which staged checkpoints of a successful run or a certified failure are committed (protocol A14, steps 1 to 5). */
export function eligibleCheckpoints(question: CheckpointQuestion): CheckpointPlan {
  const withheld: Withheld = new Map();
  if (question.certifiedFailure) withholdParentsOfFailed(question, withheld);
  withholdIncomplete(question, withheld);
  withholdUnreported(question, withheld);
  withholdDependents(question, withheld);
  const staged = question.manifest.map((stream) => stream.name).filter((name) => question.staged.has(name));
  return {
    commit: staged.filter((name) => !withheld.has(name)),
    withheld: staged.flatMap((stream) => {
      const reason = withheld.get(stream);
      return reason === undefined ? [] : [{ stream, reason }];
    }),
  };
}

/** What the totals of a run's checkpoints amount to (protocol A14, CF-41). */
export function commitStatus(totals: { persist: boolean; succeeded: boolean; staged: number; committed: number }): CommitStatus {
  if (!totals.persist) return 'disabled';
  if (totals.staged === 0) return totals.succeeded ? 'committed' : 'not_committed';
  if (totals.committed === 0) return 'not_committed';
  return totals.committed === totals.staged ? 'committed' : 'partial';
}

/** Step 1: every parent of a failed stream, reported or not. */
function withholdParentsOfFailed({ manifest, failedStreams }: CheckpointQuestion, withheld: Withheld): void {
  for (const stream of manifest) {
    if (failedStreams.has(stream.name)) withhold(withheld, parentsOf(stream), 'stream_collection_failed');
  }
}

/** Step 2: a report with a key that nobody accounts for. */
function withholdIncomplete({ reports }: CheckpointQuestion, withheld: Withheld): void {
  const incomplete = reports.filter((report) => !report.complete).map((report) => report.parent);
  withhold(withheld, incomplete, 'detail_coverage_incomplete');
}

/** Step 3: silence proves nothing: a declared parent that got no report from its dependent in this run. */
function withholdUnreported({ manifest, scoped, reports }: CheckpointQuestion, withheld: Withheld): void {
  for (const { name, parentStreams } of manifest) {
    if (!scoped.has(name)) continue;
    const silent = (parentStreams ?? []).filter((parent) => !reports.some((report) => report.stream === name && report.parent === parent));
    withhold(withheld, silent, 'detail_coverage_incomplete');
  }
}

/** Step 4: a dependent's own, tolerated checkpoint shares the fate of itself and its parents. Parents are one level deep. */
function withholdDependents({ manifest, failedStreams, certifiedFailure }: CheckpointQuestion, withheld: Withheld): void {
  for (const stream of manifest) {
    const parents = parentsOf(stream);
    if (parents.includes(stream.name)) continue;
    if (certifiedFailure && failedStreams.has(stream.name)) withhold(withheld, [stream.name], 'stream_collection_failed');
    const reason = parents.map((parent) => withheld.get(parent)).find((found) => found !== undefined);
    if (reason !== undefined) withhold(withheld, [stream.name], reason);
  }
}

/** The first reason found stays. */
function withhold(withheld: Withheld, streams: readonly string[], reason: Reason): void {
  for (const stream of streams) if (!withheld.has(stream)) withheld.set(stream, reason);
}
