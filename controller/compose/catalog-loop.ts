import type { Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { drainLoops, startLoop } from '../../platform/loop.ts';
import type { TypeDocumentTools } from '../apis/catalog.ts';
import type { Config } from '../config.ts';
import { watchFolder } from '../sources/gitops/watch-folder.ts';
import type { Database } from '../store/queryable.ts';
import { createRefreshCatalog } from './catalog.ts';

/** What keeps the catalog fresh. */
export interface CatalogLoopParts {
  readonly config: Config;
  readonly db: Database;
  readonly tools: TypeDocumentTools;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

const TIMING = { quietMs: 200, burstMs: 1_000 };
const STOP_MS = 10_000;

/** Registers the types once, so that the first documents find them, then again whenever a type folder changes, and now and then. */
export async function startCatalogLoop(parts: CatalogLoopParts): Promise<{ stop(): Promise<void> }> {
  const { config, db, tools, clock, log, random } = parts;
  const refresh = createRefreshCatalog({ db, tools, folders: config.types, log });
  await refresh();
  const ending = new AbortController();
  let first = true;
  const loop = startLoop({
    name: 'catalog',
    signal: ending.signal,
    clock,
    log,
    random,
    async pass() {
      if (!first) await refresh();
      first = false;
      return config.rescanSeconds * 1_000;
    },
  });
  const watches = config.types.map((folder) =>
    watchFolder(
      folder,
      TIMING,
      () => loop.wake(),
      (error) => log.warn({ folder, err: error }, 'types folder cannot be watched; it is read now and then'),
    ),
  );
  return {
    async stop() {
      ending.abort();
      await Promise.all(watches.map((watch) => watch.close()));
      await drainLoops([loop], STOP_MS);
    },
  };
}
