import type { DocumentResult } from '../../apis/intake.ts';

/** One document of an apply, as the API answers it. */
export type AppliedDocument = Omit<DocumentResult, 'resourceVersion'> & {
  readonly kind: 'Connector';
  readonly resource_version?: string;
  readonly warnings: readonly string[];
};

/** The answer to an apply: what became of each document, in the order given. Convergence is told in the status, later. */
export function applyAnswer({ results }: { results: readonly DocumentResult[] }): { results: AppliedDocument[] } {
  return { results: results.map(appliedDocument) };
}

/** One result as it is answered. */
export function appliedDocument({ resourceVersion, ...result }: DocumentResult): AppliedDocument {
  const warnings = result.findings.filter(({ severity }) => severity === 'warning');
  return {
    kind: 'Connector',
    ...result,
    ...(resourceVersion === undefined ? {} : { resource_version: resourceVersion }),
    warnings: warnings.map(({ path, message, hint }) => `${path}: ${message} (${hint})`),
  };
}
