import type { PolicyTemplate, PolicyTemplateSpec } from '../../schemas/policy-template.ts';
import type { RegisteredType } from '../apis/catalog.ts';
import { type Finding, type FindingDraft, type Locate, finding } from '../apis/finding.ts';
import { Catalog } from './catalog.ts';
import { narrowings } from './compatibility.ts';
import { compareVersions, parseVersion } from './version.ts';

/** A type that is good by itself, to be registered beside the others. */
export interface CandidateType {
  type: RegisteredType;
  locate: Locate;
}

/** A policy template that is good by itself. */
export interface CandidateTemplate {
  template: PolicyTemplate;
  file: string;
  locate: Locate;
}

/** A snapshot and everything that kept documents out of it. */
export interface LoadedCatalog {
  catalog: Catalog;
  findings: Finding[];
}

/** Input of `buildCatalog`. */
export interface BuildRequest {
  types: readonly CandidateType[];
  templates: readonly CandidateTemplate[];
  /** Registered before; wins over a document with other content. */
  retained: readonly RegisteredType[];
}

/** Registers candidates in the order of their versions: (key, version) is unique, its content immutable, and a minor only adds. Pure. */
export function buildCatalog({ types, templates, retained }: BuildRequest): LoadedCatalog {
  const findings: Finding[] = [];
  const registered = new Map(retained.map((type) => [identity(type), type]));
  const refuse = ({ type, locate }: CandidateType, drafts: FindingDraft[]) => {
    findings.push(...drafts.map((draft) => finding(draft, { file: type.origin.file, locate })));
  };
  for (const candidate of types.toSorted((a, b) => compareVersions(a.type.version, b.type.version))) {
    const drafts = judge(candidate.type, registered);
    if (drafts.length > 0) refuse(candidate, drafts);
    // What stands there by now has the same content; the document's place is the newer one when it was only retained.
    else if (!registered.has(identity(candidate.type)) || retained.includes(registered.get(identity(candidate.type)) as RegisteredType)) {
      registered.set(identity(candidate.type), candidate.type);
    }
  }
  const named = registerTemplates(templates, findings);
  return { catalog: new Catalog([...registered.values()], named), findings };
}

function identity({ key, version }: RegisteredType): string {
  return `${key}@${version}`;
}

function judge(type: RegisteredType, registered: ReadonlyMap<string, RegisteredType>): FindingDraft[] {
  const same = registered.get(identity(type));
  if (same !== undefined) {
    if (same.digest === type.digest) return [];
    const message = `${type.key} ${type.version} is registered with other content, from ${same.origin.file}`;
    return [{ at: ['spec', 'version'], reason: 'TypeVersionConflict', message }];
  }
  const before = predecessor(type, registered);
  if (before === undefined) return [];
  return narrowings(before.spec, type.spec).map(({ at, message }) => ({
    at: ['spec', ...at],
    reason: 'TypeIncompatible',
    message: `${message} since ${before.version}`,
  }));
}

/** The newest registered version of the same major below this one. */
function predecessor(type: RegisteredType, registered: ReadonlyMap<string, RegisteredType>): RegisteredType | undefined {
  return [...registered.values()]
    .filter(({ key, version }) => key === type.key && parseVersion(version)[0] === parseVersion(type.version)[0])
    .filter(({ version }) => compareVersions(version, type.version) < 0)
    .toSorted((a, b) => compareVersions(b.version, a.version))[0];
}

function registerTemplates(templates: readonly CandidateTemplate[], findings: Finding[]): ReadonlyMap<string, PolicyTemplateSpec> {
  const named = new Map<string, PolicyTemplateSpec>();
  for (const { template, file, locate } of templates) {
    const { name } = template.metadata;
    if (!named.has(name)) named.set(name, template.spec);
    else {
      const message = `a PolicyTemplate ${JSON.stringify(name)} is already there`;
      findings.push(finding({ at: ['metadata', 'name'], reason: 'PolicyTemplateConflict', message }, { file, locate }));
    }
  }
  return named;
}
