import { dirname } from 'node:path';
import type { CatalogStore } from '../../apis/ports.ts';
import type { Queryable } from '../queryable.ts';
import { readTemplates } from './templates.ts';
import { listTypes } from './types.ts';

/** A digest over what admission reads of types and templates: one row, however large the documents. */
const STAMP = `
  select md5(coalesce((select string_agg(connector_key || ' ' || version || ' ' || digest, ',' order by connector_key, version)
      from connector_types where withdrawn_at is null), '')
    || coalesce((select string_agg(name || ' ' || md5(document::text), ',' order by name) from policy_templates), '')) as stamp`;

/** The catalog in PostgreSQL. */
export function createCatalogStore(db: Queryable): CatalogStore {
  const stamp = async (): Promise<string> => (await db.query(STAMP)).rows[0]?.['stamp'] as string;
  return {
    stamp,
    async load() {
      // The stamp comes first: a change in between is seen at the next stamp, never missed.
      const before = await stamp();
      const types = (await listTypes(db)).map(({ origin, withdrawnAt: _, ...type }) => ({
        ...type,
        origin: {
          file: origin.file,
          folder: origin.kind === 'folder' ? origin.folder : dirname(origin.file),
          bundled: origin.kind === 'bundled',
        },
      }));
      return { stamp: before, types, templates: await readTemplates(db) };
    },
  };
}
