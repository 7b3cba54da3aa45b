import type { PolicyTemplateSpec } from '../../schemas/policy-template.ts';
import type { CatalogView, RegisteredType, TypeResolution } from '../apis/catalog.ts';
import { compareVersions, takes } from './version.ts';

/** An immutable snapshot: a reload makes a new one. */
export class Catalog implements CatalogView {
  readonly policyTemplates: ReadonlyMap<string, PolicyTemplateSpec>;
  readonly #byKey: ReadonlyMap<string, readonly RegisteredType[]>;
  /** Resolutions that were asked for; a snapshot never changes, so neither do they. */
  readonly #resolved = new Map<string, TypeResolution>();

  /** Expects each (key, version) at most once. */
  constructor(types: readonly RegisteredType[], policyTemplates: ReadonlyMap<string, PolicyTemplateSpec> = new Map()) {
    const byKey = Map.groupBy(types, ({ key }) => key);
    const newestFirst = ([key, versions]: [string, RegisteredType[]]) =>
      [key, versions.toSorted((a, b) => compareVersions(b.version, a.version))] as const;
    this.#byKey = new Map([...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(newestFirst));
    this.policyTemplates = policyTemplates;
  }

  resolve(key: string, typeVersion: number | string): TypeResolution {
    const asked = `${key}@${typeVersion}`;
    const known = this.#resolved.get(asked);
    if (known !== undefined) return known;
    const resolution = this.#find(key, typeVersion);
    // Only what was found is kept: names that do not exist are endless.
    if (resolution.outcome === 'found') this.#resolved.set(asked, resolution);
    return resolution;
  }

  list(): readonly RegisteredType[] {
    return [...this.#byKey.values()].flat();
  }

  #find(key: string, typeVersion: number | string): TypeResolution {
    const versions = this.#byKey.get(key);
    if (versions === undefined) return { outcome: 'unknown_key', known: [...this.#byKey.keys()] };
    const type = versions.find(({ version }) => takes(typeVersion, version));
    if (type !== undefined) return { outcome: 'found', type };
    return { outcome: 'unknown_version', available: versions.map(({ version }) => version) };
  }
}
