import type { Acceptance } from '../../apis/intake.ts';
import type { Finding } from '../../apis/finding.ts';
import type { NextDue, ObservedRows } from '../../apis/ports.ts';
import type { SpecRow } from '../../apis/rows.ts';
import type { ConnectorSpec } from '../../../schemas/connector.ts';

/** The newest generation, judged against what the catalog holds now. */
export interface Judgement {
  readonly findings: readonly Finding[];
  /** Null: refused. */
  readonly acceptance: (Acceptance & { readonly spec: ConnectorSpec }) | null;
  /** The type version in force is withdrawn and no other fits. */
  readonly withdrawn: boolean;
}

/** Everything that deciding and summarizing know of one object. Plain values only. */
export interface Observation extends ObservedRows {
  readonly spec: SpecRow;
  readonly judgement: Judgement;
}

/** What the operator chose, and the functions of other stages. */
export interface DecideSettings {
  readonly nextDue: NextDue;
  /** A run of a removed connector may go on this long before it is cancelled, in milliseconds. */
  readonly removalGraceMs: number;
  /** An uninstalled instance is kept this long, in milliseconds. */
  readonly retentionMs: number;
}
