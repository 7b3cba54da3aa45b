import type { Condition } from '../../../schemas/status.ts';
import type { ConditionType } from './conditions.ts';

/** A condition as a pass wants it; the helper adds what Kubernetes demands beside it. */
export interface WantedCondition {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  /** A word of condition-reasons, finding-reasons or terminal-reasons. */
  readonly reason: string;
  readonly message: string;
}

/** Longest message of a condition, in UTF-16 code units; findings in full are on the object. */
export const MAX_MESSAGE_LENGTH = 2_048;

/**
 * The only writer of conditions: stamps `observedGeneration`, keeps `lastTransitionTime` unless `status` changed (Kubernetes' own
 * definition), trims, sorts by type and leaves out what is not wanted any more. Of two wants for one type the first counts.
 * Returns `previous` itself when nothing changed, so that a caller can skip the write.
 */
export function setConditions(
  previous: readonly Condition[],
  wanted: readonly WantedCondition[],
  at: { observedGeneration: number; now: Date },
): readonly Condition[] {
  const byType = new Map<string, WantedCondition>();
  for (const want of wanted) if (!byType.has(want.type)) byType.set(want.type, want);
  const next = [...byType.values()]
    .map((want) =>
      stamp(
        previous.find((old) => old.type === want.type),
        want,
        at,
      ),
    )
    .sort(byName);
  return next.length === previous.length && next.every((condition, index) => same(condition, previous[index])) ? previous : next;
}

function stamp(old: Condition | undefined, want: WantedCondition, at: { observedGeneration: number; now: Date }): Condition {
  return {
    type: want.type,
    status: want.status,
    reason: want.reason,
    message: trim(want.message),
    lastTransitionTime: old !== undefined && old.status === want.status ? old.lastTransitionTime : at.now.toISOString(),
    observedGeneration: at.observedGeneration,
  };
}

function trim(message: string): string {
  const text = message.trim();
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH - 1).toWellFormed()}…`;
}

function byName(a: Condition, b: Condition): number {
  return a.type < b.type ? -1 : 1;
}

function same(a: Condition, b: Condition | undefined): boolean {
  return (
    b !== undefined &&
    a.type === b.type &&
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}
