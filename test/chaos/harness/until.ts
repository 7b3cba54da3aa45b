import { setTimeout as sleep } from 'node:timers/promises';

/** How a wait is bounded and what is told when it was in vain. */
export interface Wait {
  readonly forMs: number;
  readonly everyMs?: number;
  /** What was waited for, and what there was instead. */
  readonly what: () => string;
}

/** Asks again and again until the answer is neither false nor undefined. What a probe throws counts as no answer. */
export async function until<T>(probe: () => Promise<T | false | undefined>, { forMs, everyMs = 100, what }: Wait): Promise<T> {
  let failure = '';
  for (let waitedMs = 0; waitedMs < forMs; waitedMs += everyMs) {
    try {
      const answer = await probe();
      if (answer !== false && answer !== undefined) return answer;
    } catch (error) {
      failure = ` (${Error.isError(error) ? error.message : typeof error})`;
    }
    await sleep(everyMs);
  }
  throw new Error(`it did not come within ${forMs / 1_000} s: ${what()}${failure}`);
}
