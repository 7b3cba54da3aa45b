import type { BeatRow } from './beat-sql.ts';

/** What an observer thinks of a process: `waiting` is alive as far as it can tell so far. */
export type Verdict = 'alive' | 'waiting' | 'stopped' | 'lost';

/** What an observer remembers from look to look. Times are of its own monotonic clock, in milliseconds. */
export interface Observed {
  readonly lookedAtMs: number;
  readonly seen: ReadonlyMap<string, { readonly beat: number; readonly changedAtMs: number }>;
}

/** One look. */
export interface Look {
  readonly rows: readonly BeatRow[];
  readonly nowMs: number;
  /** Processes of this very host whose pid is dead or has another start time. */
  readonly deadHere: ReadonlySet<string>;
}

/** When silence is death. */
export interface Patience {
  /** Default 30 s; 90 s for pods. */
  lostAfterMs(role: string): number;
  /** A longer pause between two looks means that the observer slept: it cannot say who was silent meanwhile. */
  readonly gapMs: number;
}

/** Patience of DESIGN section 7. */
export const defaultPatience: Patience = { lostAfterMs: (role) => (role === 'pod' ? 90_000 : 30_000), gapMs: 10_000 };

/**
 * Judges all processes of one look. Nobody's clock is compared with another's: a beat that this observer has not seen change for
 * `lostAfterMs` of its own clock is lost. Without memory (`previous` undefined: just started, reconnected) or after a gap every process
 * gets one full period anew. A dead pid on the same host is proof at once. A row that was marked as stopped needs no waiting.
 */
export function observe(
  previous: Observed | undefined,
  look: Look,
  patience: Patience,
): { next: Observed; verdicts: Map<string, Verdict> } {
  const awake = previous !== undefined && look.nowMs - previous.lookedAtMs <= patience.gapMs;
  const seen = new Map<string, { beat: number; changedAtMs: number }>();
  const verdicts = new Map<string, Verdict>();
  for (const row of look.rows) {
    const before = awake ? previous.seen.get(row.processId) : undefined;
    const same = before !== undefined && before.beat === row.beat;
    const changedAtMs = same ? before.changedAtMs : look.nowMs;
    seen.set(row.processId, { beat: row.beat, changedAtMs });
    verdicts.set(row.processId, judge(row, { silentMs: look.nowMs - changedAtMs, changed: before !== undefined && !same, look, patience }));
  }
  return { next: { lookedAtMs: look.nowMs, seen }, verdicts };
}

interface Evidence {
  readonly silentMs: number;
  readonly changed: boolean;
  readonly look: Look;
  readonly patience: Patience;
}

function judge(row: BeatRow, { silentMs, changed, look, patience }: Evidence): Verdict {
  if (row.stopped) return 'stopped';
  if (look.deadHere.has(row.processId)) return 'lost';
  if (changed) return 'alive';
  return silentMs >= patience.lostAfterMs(row.role) ? 'lost' : 'waiting';
}
