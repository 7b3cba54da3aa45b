import type { ConnectorTypeSpec } from '../../schemas/connector-type.ts';
import type { TypeDocumentTools } from '../apis/catalog.ts';
import type { FindingDraft } from '../apis/finding.ts';

/** A judgement about a type by itself, after its schema. */
export interface TypeRule {
  name: string;
  judge(spec: ConnectorTypeSpec, tools: TypeDocumentTools): FindingDraft[];
}

/** Rules of the collection protocol over a whole manifest; `at` is below spec. */
export type ManifestCheck = (
  spec: ConnectorTypeSpec,
  connectorKey: string,
) => readonly { at: readonly (string | number)[]; message: string }[];
