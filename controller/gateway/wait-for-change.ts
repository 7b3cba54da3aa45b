import type { GatewayParts } from './gateway-parts.ts';

/** Looked at again at least this often: notifications only make it quick. In milliseconds. */
const LOOK_MS = 1_000;

/** Looks until there is something, whenever something changed and now and then; null after `maxMs`. */
export async function waitForChange<T>(look: () => Promise<T | null>, changes: GatewayParts['changes'], maxMs: number): Promise<T | null> {
  let wake = (): void => undefined;
  const unsubscribe = changes.subscribe(() => wake());
  let over = false;
  const end = setTimeout(() => {
    over = true;
    wake();
  }, maxMs);
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
    clearTimeout(end);
    unsubscribe();
  }
}
