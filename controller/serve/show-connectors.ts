import type { Controller } from '../compose/controller.ts';
import { createConnectorReader } from '../store/connectors/connector-reader.ts';
import type { TerminalView } from './terminal-view.ts';

/** Changes are shown at most this often, in milliseconds. */
const PACE_MS = 500;
const ROWS = 20;
const everything = { namespaces: null, owner: null, projectId: null };

/** Keeps the table in the terminal as the database has it; looks only when something changed. */
export function showConnectors(view: TerminalView, { db, changes }: Pick<Controller, 'db' | 'changes'>): { stop(): void } {
  const reader = createConnectorReader(db);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    const page = await reader.list({ visibility: everything, labels: [], after: null, limit: ROWS });
    if (!stopped) view.show(page.items, page.items.length + page.remaining);
  };
  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      // The database may be away for a moment; the next change draws the table.
      look().catch(() => undefined);
    }, PACE_MS);
  };
  const unsubscribe = changes.subscribe(later);
  later();
  return {
    stop() {
      stopped = true;
      unsubscribe();
      clearTimeout(timer);
      view.leave();
    },
  };
}
