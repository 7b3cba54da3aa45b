import { API_VERSION } from '../../../schemas/fields/formats.ts';
import type { ConnectorSpec } from '../../../schemas/connector.ts';
import type { FindingReason } from '../../apis/finding-reasons.ts';
import type { Finding } from '../../apis/finding.ts';
import type { Acceptance, Admit, DoorScope, RecordedIdentity } from '../../apis/intake.ts';
import type { RevisionRow, SpecRow } from '../../apis/rows.ts';
import type { CatalogSnapshot } from '../catalog-cache.ts';
import type { Judgement } from './observation.ts';

/** Judges the newest generation of an object against the catalog as it is now. Never throws for bad input. */
export type Judge = (spec: SpecRow, inForce: RevisionRow | null, catalog: CatalogSnapshot) => Judgement;

/** What of a verdict is kept: the spec itself is in the row. */
interface Remembered {
  readonly findings: readonly Finding[];
  readonly acceptance: Acceptance | null;
}

/** Verdicts are kept for this many objects; beyond that all are forgotten at once and made anew. */
const MAX_REMEMBERED = 50_000;

const WITHDRAWN: ReadonlySet<FindingReason> = new Set(['TypeUnknown', 'TypeVersionUnknown']);

/**
 * Admission again, as the catalog moves on: a type that appears admits what was refused for its want, a new minor version is taken up,
 * and a version whose document is gone stays in force where it is used. An equal submission and an equal catalog are judged once.
 */
export function createJudge(admit: Admit, scopeOf: (source: string) => DoorScope): Judge {
  const remembered = new Map<string, Remembered>();
  let stamp = '';
  return (spec, inForce, catalog) => {
    // What is stored is not what was written: only the door, which has the document, can have it judged again.
    if (spec.origin.partial === true) return { findings: spec.findings, acceptance: null, withdrawn: false };
    if (catalog.stamp !== stamp || remembered.size > MAX_REMEMBERED) remembered.clear();
    stamp = catalog.stamp;
    // Labels and annotations are judged too, and only the digest of the submission has them.
    const key = [spec.source, spec.namespace, spec.name, spec.specDigest, spec.submittedDigest, inForce === null].join('\n');
    const known = remembered.get(key) ?? remember(admit, spec, { inForce, catalog, scope: scopeOf(spec.source) });
    remembered.set(key, known);
    return judgementOf(known, spec, inForce);
  };
}

function remember(
  admit: Admit,
  spec: SpecRow,
  { inForce, catalog, scope }: { inForce: RevisionRow | null; catalog: CatalogSnapshot; scope: DoorScope },
): Remembered {
  const { namespace, name, labels, annotations } = spec;
  const value = { apiVersion: API_VERSION, kind: 'Connector', metadata: { namespace, name, labels, annotations }, spec: spec.spec };
  const verdict = admit({ value, file: spec.origin.file }, { catalog: catalog.view, scope, recorded: identityOf(inForce) });
  return { findings: verdict.findings.map((found) => placed(found, spec.findings)), acceptance: verdict.acceptance };
}

function judgementOf({ findings, acceptance }: Remembered, spec: SpecRow, inForce: RevisionRow | null): Judgement {
  if (acceptance !== null) return { findings, acceptance: { ...acceptance, spec: spec.spec as ConnectorSpec }, withdrawn: false };
  const errors = findings.filter((found) => found.severity === 'error');
  const inUse = inForce !== null && inForce.revision === spec.specDigest && errors.every(({ reason }) => WITHDRAWN.has(reason));
  return inUse ? { findings: [], acceptance: inForce, withdrawn: true } : { findings, acceptance: null, withdrawn: false };
}

/** The fields that never change, of the revision in force. */
function identityOf(inForce: RevisionRow | null): RecordedIdentity | null {
  if (inForce === null) return null;
  return { owner: inForce.spec.owner, projectId: inForce.spec.projectId ?? null, type: inForce.spec.type };
}

/** A stored spec has no lines; a finding that the door made before keeps the place that it was given there. */
function placed(found: Finding, stored: readonly Finding[]): Finding {
  const before = stored.find((old) => old.path === found.path && old.reason === found.reason);
  return before === undefined ? found : { ...found, ...before, message: found.message, hint: found.hint };
}
