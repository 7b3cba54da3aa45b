import type { CatalogView } from '../apis/catalog.ts';
import type { BuildCatalog, CatalogStore } from '../apis/ports.ts';

/** The catalog as one pass sees it. `stamp` changes with its content. */
export interface CatalogSnapshot {
  readonly stamp: string;
  readonly view: CatalogView;
}

/** Gives the registered types and templates; reads them again only after they changed. Safe to call at any time; calls share one read. */
export type CurrentCatalog = () => Promise<CatalogSnapshot>;

/** The catalog of PostgreSQL, kept in memory between changes: one small query a pass. */
export function createCatalogCache(store: CatalogStore, build: BuildCatalog): CurrentCatalog {
  let cached: CatalogSnapshot | undefined;
  return async () => {
    const stamp = await store.stamp();
    if (cached !== undefined && cached.stamp === stamp) return cached;
    const loaded = await store.load();
    cached = { stamp: loaded.stamp, view: build(loaded.types, loaded.templates) };
    return cached;
  };
}
