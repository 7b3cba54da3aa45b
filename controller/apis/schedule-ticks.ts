import type { ScheduleSpec } from '../../schemas/connector.ts';
import type { SkipReason } from '../../schemas/terminal-reasons.ts';

/** A schedule whose time has come, as it was claimed. */
export interface DueSchedule {
  readonly instanceId: string;
  readonly schedule: ScheduleSpec;
  readonly anchorAt: Date;
  readonly lastTickAt: Date | null;
  /** The moment that made it due. */
  readonly dueAt: Date;
  /** The database's clock: one for all processes that tick. */
  readonly now: Date;
  /** `stopped`: paused, suspended, disabled or going away. `active`: a run holds its lease. */
  readonly instance: 'free' | 'active' | 'stopped';
}

/** What to do about a due schedule. `none` leaves no row: the tick is passed over. */
export type TickDecision = {
  /** Last moment that is dealt with by this decision; null leaves what is stored. */
  readonly lastTickAt: Date | null;
  /** Null: the schedule rests until it is changed. */
  readonly nextRunAt: Date | null;
} & (
  | { readonly action: 'run'; readonly scheduledFor: Date }
  | { readonly action: 'skip'; readonly scheduledFor: Date; readonly reason: SkipReason; readonly message: string }
  | { readonly action: 'none'; readonly why: 'active' | 'stopped' | 'not_due' | 'unreadable' }
);

/** A decision with the ids that its run gets, should there be one. */
export interface TickPlan {
  readonly instanceId: string;
  readonly decision: TickDecision;
  readonly runId: string;
  readonly traceId: string;
}

/** How a batch went: how many schedules were claimed, and what became of them. */
export interface TickReport {
  readonly claimed: number;
  readonly started: number;
  readonly skipped: number;
  readonly passedOver: number;
}

/** Schedules as the ticker sees them. Adapter: `controller/store/schedules.ts`. */
export interface ScheduleTicks {
  /**
   * One transaction: claims up to `limit` due schedules that no other process holds, has them planned, and writes runs, leases and
   * next times together. Statements do not grow with the batch. May throw `DatabaseUnavailable`; then nothing was written.
   */
  tick(limit: number, plan: (due: DueSchedule) => TickPlan): Promise<TickReport>;
  /** Milliseconds until the next schedule is due by the database's clock, 0 when one is overdue; null when none will be. */
  msUntilDue(): Promise<number | null>;
  /** Makes schedules due that a clock ahead of time pushed into the future, so that they are planned again. Returns how many. */
  recallFutureTicks(): Promise<number>;
}
