import type { ConnectorTypeSpec } from '../../schemas/connector-type.ts';
import type { PolicyTemplateSpec } from '../../schemas/policy-template.ts';
import type { Finding, FindingDraft, Locate } from './finding.ts';

/** Where the document of a type was found. */
export interface TypeOrigin {
  /** Absolute path of the document. */
  file: string;
  /** Absolute folder of the document; the type's command runs there. */
  folder: string;
  /** True for types that ship with the program. */
  bundled: boolean;
}

/** One version of one type in the catalog. Content never changes under one key and version. */
export interface RegisteredType {
  /** connector_key. */
  key: string;
  /** Exact version, such as 1.2.0. */
  version: string;
  /** sha256 of the canonical spec. */
  digest: string;
  spec: ConnectorTypeSpec;
  origin: TypeOrigin;
}

/** What `typeVersion` of a Connector leads to. */
export type TypeResolution =
  | { outcome: 'found'; type: RegisteredType }
  /** No such key; `known` are the keys that there are. */
  | { outcome: 'unknown_key'; known: string[] }
  /** The key is there, no version fits; `available` are its versions, newest first. */
  | { outcome: 'unknown_version'; available: string[] };

/** An immutable snapshot of the catalog. */
export interface CatalogView {
  /** A number takes the newest of that major, "1.2" the newest of that minor, "1.2.0" that one. */
  resolve(key: string, typeVersion: number | string): TypeResolution;
  /** Every version of every type, by key, newest version first. */
  list(): readonly RegisteredType[];
  /** Policy templates by name. */
  readonly policyTemplates: ReadonlyMap<string, PolicyTemplateSpec>;
}

/** What loading types asks of the readers of documents; `admission` supplies it. */
export interface TypeDocumentTools {
  /** Reads a file into documents; never throws for bad input. */
  parse(bytes: Uint8Array, file: string): { documents: { value: unknown; locate: Locate }[]; findings: Finding[] };
  /** Breaches of the schema of that kind. */
  checkDocument(kind: 'ConnectorType' | 'PolicyTemplate', value: unknown): FindingDraft[];
  /** Why a JSON Schema does not compile; undefined when it does. */
  schemaProblem(schema: Record<string, unknown>): string | undefined;
}
