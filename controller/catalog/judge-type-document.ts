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
  if (faults.length > 0 || kind === 'PolicyTemplate') return faults;
  const document = value as ConnectorType;
  const drafts = TYPE_RULES.flatMap((rule) => rule.judge(document.spec, tools));
  const manifest = checkManifest?.(document.spec, document.spec.key ?? document.metadata.name) ?? [];
  return [...drafts, ...manifest.map(({ at, message }): FindingDraft => ({ at: ['spec', ...at], reason: 'ManifestInvalid', message }))];
}
