import { dirname, relative, sep } from 'node:path';
import type { Log } from '../../platform/log.ts';
import type { RegisteredType, TypeDocumentTools } from '../apis/catalog.ts';
import type { Finding } from '../apis/finding.ts';
import { Catalog } from '../catalog/catalog.ts';
import { loadCatalog } from '../catalog/load-types.ts';
import { type CurrentCatalog, createCatalogCache } from '../reconcile/catalog-cache.ts';
import { createCatalogStore } from '../store/catalog/catalog-store.ts';
import { replaceTemplates } from '../store/catalog/templates.ts';
import { listTypes, registerTypes, type TypeRegistration, withdrawTypes } from '../store/catalog/types.ts';
import type { Database, Queryable } from '../store/queryable.ts';
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

/** Reads the type folders once more and registers what changed. */
export type RefreshCatalog = () => Promise<void>;

/**
 * Reads the type folders and registers what they hold; a type below them whose document is gone is withdrawn, but not one whose file or
 * folder cannot be read. Connectors of types that changed are looked at again. A bad document is told once and costs the others nothing.
 */
export function createRefreshCatalog(parts: CatalogParts): RefreshCatalog {
  const { db, tools, folders, log } = parts;
  let told: ReadonlySet<string> = new Set();
  return async () => {
    const stored = (await listTypes(db)).map(asRegistered);
    const { catalog, findings } = await loadCatalog({ folders: typeFolders(folders), tools, retained: stored });
    told = tellOnce(findings, told, log);
    const shown = catalog.list().filter((type) => !stored.includes(type));
    const unread = new Set(findings.filter(({ severity }) => severity === 'error').map(({ file = '' }) => file));
    const gone = catalog.list().filter((type) => stored.includes(type) && isOurs(type, folders) && !isUnread(type, unread));
    const changed = await db.transaction(async (tx) => {
      const keys = [...(await withdrawTypes(tx, gone)), ...(await registerShown(tx, shown, log))];
      // A template may stand in what cannot be read: templates are replaced as a whole, or not at all.
      const whole = !findings.some(({ reason }) => reason === 'FileUnreadable' || reason === 'SyntaxInvalid');
      const templatesChanged = whole && (await replaceTemplates(tx, catalog.policyTemplates));
      const affected = [...new Set(templatesChanged ? [...keys, ...catalog.list().map(({ key }) => key)] : keys)];
      if (affected.length > 0) await makeSpecsOfTypesDue(tx, affected);
      return affected;
    });
    if (changed.length > 0) log.info({ types: changed }, 'catalog changed');
  };
}

/** Keys of the types that are new, changed or back. */
async function registerShown(tx: Queryable, types: readonly RegisteredType[], log: Log): Promise<string[]> {
  const results = await registerTypes(tx, types.map(registration));
  // Another process registered it between the look and the write, with other content.
  for (const { key, version } of results.filter(({ outcome }) => outcome === 'conflict')) {
    log.warn(
      { type: key, version, reason: 'TypeVersionConflict' },
      'type is registered with other content: give the changed document a new version',
    );
  }
  return results.flatMap(({ key, outcome }) => (outcome === 'registered' ? [key] : []));
}

function tellOnce(findings: readonly Finding[], told: ReadonlySet<string>, log: Log): ReadonlySet<string> {
  const now = new Set<string>();
  for (const { file, line, column, path, reason, message, hint } of findings) {
    const facts = { file, line, column, path, reason, problem: message, hint };
    const text = JSON.stringify(facts);
    if (!told.has(text) && !now.has(text)) log.warn(facts, 'type document was refused');
    now.add(text);
  }
  return now;
}

/** The file has a fault, or a folder above it could not be listed. */
function isUnread({ origin: { file } }: RegisteredType, unread: ReadonlySet<string>): boolean {
  return unread.has(file) || [...unread].some((path) => file.startsWith(path + sep));
}

/** Only what lies below this process's own folders can be missed by it. */
function isOurs({ origin: { file } }: RegisteredType, folders: readonly string[]): boolean {
  return [bundledTypesFolder, ...folders].some((folder) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep));
}

function asRegistered({
  origin: { kind, ...place },
  withdrawnAt: _,
  ...type
}: Awaited<ReturnType<typeof listTypes>>[number]): RegisteredType {
  return { ...type, origin: { ...place, bundled: kind === 'bundled' } };
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
