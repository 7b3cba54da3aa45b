import { digestOf } from '../../../schemas/revision.ts';
import type { RecordedSpec, SourceRow } from '../../apis/ports.ts';
import type { SourceError } from '../../apis/rows.ts';
import { conditionReasons } from '../../apis/status/condition-reasons.ts';
import { keyOf } from './sort-documents.ts';

/** What a complete listing says about recorded objects that it does not show. */
export interface MissingDecision {
  readonly remove: readonly RecordedSpec[];
  /** Kept in force and told. */
  readonly keep: readonly { recorded: RecordedSpec; error: SourceError }[];
  readonly pending: SourceRow['pendingRemoval'];
}

/** A removal of up to this many documents at once is believed. */
export const MASS_REMOVAL_ABOVE = 10;
/** Above that, one of up to this share of the source's documents is believed. */
export const MASS_REMOVAL_SHARE = 0.25;

/**
 * Decides what is removed. Pure. Only objects that the same scope showed before can go: a listing of another folder or branch says
 * nothing about them. More than ten and more than a quarter at once waits until this very removal, named by its token, is confirmed.
 */
export function decideMissing(
  owned: readonly RecordedSpec[],
  present: ReadonlySet<string>,
  source: { fingerprint: string; confirmedRemoval: string | null },
): MissingDecision {
  const live = owned.filter((recorded) => !recorded.deleting);
  const missing = live.filter((recorded) => !present.has(keyOf(recorded)));
  const inScope = missing.filter((recorded) => recorded.origin.scope === source.fingerprint);
  const foreign = missing.filter((recorded) => recorded.origin.scope !== source.fingerprint);
  const elsewhere = foreign.map((recorded) => ({ recorded, error: otherScope }));
  const total = live.filter((recorded) => recorded.origin.scope === source.fingerprint).length;
  if (inScope.length <= MASS_REMOVAL_ABOVE || inScope.length <= total * MASS_REMOVAL_SHARE) {
    return { remove: inScope, keep: elsewhere, pending: null };
  }
  const token = digestOf(inScope.map(keyOf).sort()).slice(0, 16);
  if (source.confirmedRemoval === token) return { remove: inScope, keep: elsewhere, pending: null };
  const error = massRemoval(inScope.length, total);
  const waiting = inScope.map((recorded) => ({ recorded, error }));
  return { remove: [], keep: [...elsewhere, ...waiting], pending: { count: inScope.length, total, token } };
}

const otherScope: SourceError = {
  reason: 'SourceMissing',
  message: 'the source now lists another scope, which does not hold this document',
  hint: conditionReasons.SourceMissing.hint,
};

function massRemoval(count: number, total: number): SourceError {
  return {
    reason: 'RemovalPending',
    message: `${count} of ${total} documents of the source vanished at once`,
    hint: 'Confirm it with `connectorctl source confirm SOURCE` (its name: `connectorctl get sources`), or bring the documents back.',
  };
}
