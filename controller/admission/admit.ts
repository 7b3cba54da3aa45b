import { Connector, type ConnectorSpec } from '../../schemas/connector.ts';
import type { Owner } from '../../schemas/fields/metadata.ts';
import { revisionOf } from '../../schemas/revision.ts';
import { type Finding, type FindingDraft, finding, refuses } from '../apis/finding.ts';
import type { AdmissionContext } from './context.ts';
import { type JsonObject, isObject, normalisedSpec, serverFields, withoutNulls } from './normalise.ts';
import type { ParsedDocument } from './parse/parse-documents.ts';
import { unstorableValue } from './parse/unstorable-value.ts';
import { RULES } from './rules.ts';
import { maskedDocument, plainSecrets } from './rules/plain-secrets.ts';
import { documentDrafts } from './schema/document-drafts.ts';
import { type Subject, type SubjectPart, typeOf } from './subject.ts';

/** An accepted document: normalised, without defaults, ready to be stored. */
export interface AdmittedConnector {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** What a conditional apply expects; undefined applies whatever is there. */
  resourceVersion: string | undefined;
  owner: Owner;
  projectId: string | undefined;
  spec: ConnectorSpec;
  /** sha256 of the canonical spec. */
  revision: string;
  connectorKey: string;
  /** Exact version that typeVersion resolved to. */
  connectorTypeVersion: string;
  configSchemaVersion: number;
  warnings: Finding[];
}

/** A refused document. */
export interface RefusedConnector {
  /** Errors first, then warnings; at least one error. */
  findings: Finding[];
  /** Key of the document when it could be read. */
  identity: { namespace: string; name: string } | undefined;
  /** The document with secrets masked: what may be stored beside the accepted revision. */
  masked: unknown;
}

/** Verdict over one document. */
export type Admission = { accepted: AdmittedConnector } | RefusedConnector;

/** True when the document was accepted. */
export function isAccepted(admission: Admission): admission is { accepted: AdmittedConnector } {
  return 'accepted' in admission;
}

/**
 * Judges one Connector document: the same for every door, `validate` and dry runs. Pure, never throws for bad input.
 * Schema first; then each rule whose parts are free of schema faults, so that one pass tells everything that can be told.
 */
export function admit(document: Pick<ParsedDocument, 'value'> & Partial<ParsedDocument>, context: AdmissionContext): Admission {
  const unstorable = unstorableValue(document.value);
  if (unstorable !== undefined) return refused([unstorable], document, undefined, '[unreadable]');
  const authored = withoutNulls(document.value);
  const schemaFaults = documentDrafts(context.compiler, Connector, authored);
  const subject = subjectOf(authored, schemaFaults, context);
  const secrets = plainSecrets(subject.authored, typeOf(subject));
  const drafts = [...schemaFaults, ...subject.faults, ...judge(subject, brokenParts(schemaFaults), context), ...secrets];
  const warnings = serverFields(subject.authored);
  if (drafts.some(refuses)) {
    return refused([...drafts, ...warnings], document, subject, maskedDocument(authored, secrets, typeOf(subject) !== undefined));
  }
  return { accepted: admitted(subject, findingsOf([...drafts, ...warnings], document)) };
}

type FoundSubject = Subject & { faults: FindingDraft[] };

function subjectOf(value: unknown, schemaFaults: readonly FindingDraft[], context: AdmissionContext): FoundSubject {
  const authored = isObject(value) ? value : {};
  const metadata = isObject(authored['metadata']) ? authored['metadata'] : {};
  const normalised = normalisedSpec(metadata, isObject(authored['spec']) ? authored['spec'] : {});
  // Parts with schema faults may be anything; rules that read them are not asked.
  const spec = normalised.spec as ConnectorSpec;
  const broken = brokenParts(schemaFaults);
  const typed = !broken.has('type') && !broken.has('typeVersion') && spec.type !== undefined;
  return {
    authored,
    namespace: typeof metadata['namespace'] === 'string' ? metadata['namespace'] : context.door.defaultNamespace,
    name: typeof metadata['name'] === 'string' ? metadata['name'] : '',
    spec,
    ownedIn: metadata['owner'] === undefined ? 'spec' : 'metadata',
    resolution: typed ? context.catalog.resolve(spec.type, spec.typeVersion) : undefined,
    faults: normalised.faults,
  };
}

/** Parts of the document with schema faults; a fault above them all breaks each. */
function brokenParts(faults: readonly FindingDraft[]): ReadonlySet<string> {
  const broken = new Set<string>();
  for (const { at } of faults) {
    const [top, part] = at;
    if (top === 'metadata') broken.add('metadata');
    if (top === 'metadata' && typeof part === 'string') broken.add(part);
    if (top === 'spec') broken.add(typeof part === 'string' ? part : ALL);
    if (top === undefined || top === 'kind' || top === 'apiVersion') broken.add(ALL);
  }
  return broken;
}

const ALL = '*';

function judge(subject: Subject, broken: ReadonlySet<string>, context: AdmissionContext): FindingDraft[] {
  if (broken.has(ALL)) return [];
  const whole = (part: SubjectPart) => !broken.has(part);
  return RULES.filter((rule) => rule.reads.every(whole)).flatMap((rule) => rule.judge(subject, context));
}

function refused(
  drafts: FindingDraft[],
  document: Partial<ParsedDocument>,
  subject: Subject | undefined,
  masked: unknown,
): RefusedConnector {
  const findings = findingsOf(drafts, document).sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  const identity = subject === undefined || subject.name === '' ? undefined : { namespace: subject.namespace, name: subject.name };
  return { findings, identity, masked };
}

function findingsOf(drafts: FindingDraft[], { file, locate }: Partial<ParsedDocument>): Finding[] {
  return drafts.map((draft) => finding(draft, { file, locate }));
}

function admitted(subject: Subject, warnings: Finding[]): AdmittedConnector {
  const type = typeOf(subject);
  if (type === undefined) throw new Error('an accepted document has a type: the type rule refuses others');
  const metadata = subject.authored['metadata'] as JsonObject & { resourceVersion?: string };
  return {
    namespace: subject.namespace,
    name: subject.name,
    labels: (metadata['labels'] ?? {}) as Record<string, string>,
    annotations: (metadata['annotations'] ?? {}) as Record<string, string>,
    resourceVersion: metadata.resourceVersion,
    owner: subject.spec.owner,
    projectId: subject.spec.projectId,
    spec: subject.spec,
    revision: revisionOf(subject.spec),
    connectorKey: type.key,
    connectorTypeVersion: type.version,
    configSchemaVersion: type.spec.configSchema.version,
    warnings,
  };
}
