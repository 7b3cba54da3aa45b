import type { ConnectorType } from '../../schemas/connector-type.ts';
import type { TypeDocumentTools } from '../apis/catalog.ts';
import type { FindingDraft } from '../apis/finding.ts';
import type { ManifestCheck } from './type-rule.ts';
import { TYPE_RULES } from './type-rules.ts';

/** Everything that is wrong with a ConnectorType or PolicyTemplate by itself; empty for other kinds, which are judged elsewhere. */
export function judgeTypeDocument(value: unknown, tools: TypeDocumentTools, checkManifest?: ManifestCheck): FindingDraft[] {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  if (kind !== 'ConnectorType' && kind !== 'PolicyTemplate') return [];
  const faults = tools.checkDocument(kind, value);
  return faults.length > 0 || kind === 'PolicyTemplate' ? faults : judgeType(value as ConnectorType, tools, checkManifest);
}

function judgeType({ spec, metadata }: ConnectorType, tools: TypeDocumentTools, checkManifest: ManifestCheck | undefined): FindingDraft[] {
  const drafts = TYPE_RULES.flatMap((rule) => rule.judge(spec, tools));
  // The protocol's rules look at some of the same fields: they are asked when the rest is good.
  if (drafts.length > 0 || checkManifest === undefined) return drafts;
  return checkManifest(spec, spec.key ?? metadata.name).map(({ at, message }) => ({
    at: ['spec', ...at],
    reason: 'ManifestInvalid',
    message,
  }));
}
