import { dirname, relative, sep } from 'node:path';
import type { Log } from '../../platform/log.ts';
import type { RegisteredType, TypeDocumentTools } from '../apis/catalog.ts';
import { Catalog } from '../catalog/catalog.ts';
import { loadCatalog } from '../catalog/load-types.ts';
import { type CurrentCatalog, createCatalogCache } from '../reconcile/catalog-cache.ts';
import { createCatalogStore } from '../store/catalog/catalog-store.ts';
import { replaceTemplates } from '../store/catalog/templates.ts';
import { listTypes, registerTypes, type TypeRegistration, withdrawTypes } from '../store/catalog/types.ts';
import type { Database } from '../store/queryable.ts';
import { makeSpecsOfTypesDue } from '../store/specs/claim-specs.ts';
import { bundledTypesFolder, typeFolders } from './offline.ts';

/** What loading the catalog stands on. */
export interface CatalogParts {
  readonly db: Database;
  readonly tools: TypeDocumentTools;
  /** Folders beside the built-in one. */
  readonly folders: readonly string[];
  readonly log: Log;
}

/** The catalog of PostgreSQL as passes read it. */
export function composeCatalog(db: Database): CurrentCatalog {
  return createCatalogCache(createCatalogStore(db), (types, templates) => new Catalog(types, templates));
}

/**
 * Reads the type folders and registers what they hold; a type below these folders whose document is gone is withdrawn. Connectors of
 * types that changed are looked at again. A bad document is logged and costs the others nothing.
 */
export async function refreshCatalog({ db, tools, folders, log }: CatalogParts): Promise<void> {
  const stored = await listTypes(db, true);
  const loaded = await loadCatalog({ folders: typeFolders(folders), tools });
  for (const { file, line, column, path, reason, message, hint } of loaded.findings) {
    log.warn({ file, line, column, path, reason, problem: message, hint }, 'type document was refused');
  }
  const types = loaded.catalog.list().map(registration);
  const changed = await db.transaction(async (tx) => {
    const results = await registerTypes(tx, types);
    for (const { key, version } of results.filter(({ outcome }) => outcome === 'conflict')) {
      log.warn(
        { type: key, version, reason: 'TypeVersionConflict' },
        'type is registered with other content: give the changed document a new version',
      );
    }
    const present = new Set(types.map(({ key, version }) => `${key}@${version}`));
    const gone = stored.filter(
      (type) => type.withdrawnAt === null && isOurs(type.origin.file, folders) && !present.has(`${type.key}@${type.version}`),
    );
    const withdrawn = await withdrawTypes(tx, gone);
    const templatesChanged = await replaceTemplates(tx, loaded.catalog.policyTemplates);
    const keys = [...withdrawn, ...results.flatMap(({ key, outcome }) => (outcome === 'registered' ? [key] : []))];
    const affected = templatesChanged ? [...new Set([...keys, ...types.map(({ key }) => key)])] : [...new Set(keys)];
    if (affected.length > 0) await makeSpecsOfTypesDue(tx, affected);
    return affected;
  });
  if (changed.length > 0) log.info({ types: changed }, 'catalog changed');
}

/** Only what lies below this process's own folders can be missed by it. */
function isOurs(file: string, folders: readonly string[]): boolean {
  return [bundledTypesFolder, ...folders].some((folder) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep));
}

function registration({ origin, ...type }: RegisteredType): TypeRegistration {
  const folder = dirname(origin.file);
  return {
    ...type,
    origin: origin.bundled
      ? { kind: 'bundled', folder: relative(bundledTypesFolder, folder), file: origin.file }
      : { kind: 'folder', folder, file: origin.file },
  };
}
