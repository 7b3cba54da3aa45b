import type { Gateway } from '../gateway-parts.ts';

/** Looked at again at least this often: notifications only make it quick. In milliseconds. */
const LOOK_MS = 1_000;

/** How long one waits. */
export interface Patience {
  readonly maxMs: number;
  /** Ends the wait early: the server stops, or nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Looks until there is something, whenever something changed and now and then; null when the patience is over. */
export async function waitForChange<T>(
  look: () => Promise<T | null>,
  changes: Gateway['changes'],
  { maxMs, signal }: Patience,
): Promise<T | null> {
  let wake = (): void => undefined;
  let over = signal.aborted;
  const end = (): void => {
    over = true;
    wake();
  };
  const unsubscribe = changes.subscribe(() => wake());
  const timer = setTimeout(end, maxMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const found = await look();
      if (found !== null || over) return found;
      const again = setTimeout(() => wake(), LOOK_MS);
      await changed;
      clearTimeout(again);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    unsubscribe();
  }
}
