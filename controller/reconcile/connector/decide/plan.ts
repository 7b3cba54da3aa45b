import type { ObjectChange } from '../../../apis/intake.ts';
import type { AcceptedRevision, ReconcileWrites } from '../../../apis/ports.ts';
import type { AuditEvent, HandledRequest, RevisionRow, SpecOwnedFields } from '../../../apis/rows.ts';
import type { RunRef } from '../../../apis/runs.ts';

type Rows<Kind extends keyof ReconcileWrites> = ReconcileWrites[Kind][number];

/** Why a plan holds back changes that the spec asks for. */
export type Hold = 'paused' | 'observing' | 'removing' | 'revoked';

/**
 * All that one pass does for one object. `changes` says the same as the writes, field by field: it is what `diff` prints, and a property
 * test holds the two together.
 */
export interface Plan {
  /** The revision that is in force once the plan is carried out. */
  readonly inForce: RevisionRow | null;
  readonly saveRevision: AcceptedRevision | null;
  readonly insertInstance: (SpecOwnedFields & { instanceId: string }) | null;
  readonly updateInstance: Rows<'updateInstances'> | null;
  readonly retireInstance: Rows<'retireInstances'> | null;
  readonly upsertSchedule: Rows<'upsertSchedules'> | null;
  readonly removeSchedule: boolean;
  /** Carried out after the commit; until then, or a crash later, the next pass plans it again. */
  readonly cancelRun: RunRef | null;
  /** Likewise: a `run` request to carry out. */
  readonly startRun: boolean;
  readonly handledRequests: Record<string, HandledRequest>;
  readonly forget: boolean;
  readonly hold: Hold | null;
  readonly changes: readonly ObjectChange[];
  readonly audit: readonly AuditEvent[];
  /** Milliseconds until the next look that nobody asks for. */
  readonly requeueMs: number | null;
}

/** A plan that does nothing. */
export function idlePlan(inForce: RevisionRow | null, handledRequests: Record<string, HandledRequest>): Plan {
  return {
    inForce,
    saveRevision: null,
    insertInstance: null,
    updateInstance: null,
    retireInstance: null,
    upsertSchedule: null,
    removeSchedule: false,
    cancelRun: null,
    startRun: false,
    handledRequests,
    forget: false,
    hold: null,
    changes: [],
    audit: [],
    requeueMs: null,
  };
}
