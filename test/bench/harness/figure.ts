/** Bound of a figure, in its own unit. */
export type Goal = { readonly atMost: number } | { readonly below: number } | { readonly atLeast: number };

/** Unit of a figure; a ratio has none. */
export type Unit = 'ms' | 's' | 'MiB' | '% of a core' | 'rows/s' | 'messages/s' | 'rows' | 'ratio';

/** One line of the report. */
export interface Figure {
  /** `bench.figure`: by it the cause of a missed goal is kept (`causes.ts`). */
  readonly key: string;
  /** What was measured, in a few words. */
  readonly what: string;
  readonly unit: Unit;
  /** Of several rounds their median. */
  readonly value: number;
  /** Of several rounds the smallest and the largest. */
  readonly range?: readonly [min: number, max: number];
  readonly goal?: Goal;
  /** What this machine can do at most, or without us, in the same run. */
  readonly raw?: { readonly what: string; readonly value: number };
}

/** `full` is what the report holds; `short` is for whoever works on a bench. */
export type Effort = 'full' | 'short';

/** Measures in a process of its own. */
export type Bench = (effort: Effort) => Promise<readonly Figure[]>;

/** Middle value; of an even number of samples the lower one of the two in the middle, so that it is one that was measured. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new RangeError('no samples');
  return middle;
}

/** Value and range of a figure that was measured several times. */
export function overRounds(samples: readonly number[]): Pick<Figure, 'value' | 'range'> {
  return { value: median(samples), range: [Math.min(...samples), Math.max(...samples)] };
}

/** Whether a figure is what was promised; a figure without a goal always is. */
export function meetsGoal({ value, goal }: Pick<Figure, 'value' | 'goal'>): boolean {
  if (goal === undefined) return true;
  if ('atMost' in goal) return value <= goal.atMost;
  return 'below' in goal ? value < goal.below : value >= goal.atLeast;
}
