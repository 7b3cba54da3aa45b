import { isDeepStrictEqual } from 'node:util';
import { schemaCompiler, type SchemaCompiler } from '../admission/schema/compile-schema.ts';
import { admit as admitDocument, isAccepted } from '../admission/admit.ts';
import type { AdmissionContext, DoorScope as AdmissionScope } from '../admission/context.ts';
import type { CatalogView } from '../apis/catalog.ts';
import type { Admit, DoorScope, RecordedIdentity, Verdict } from '../apis/intake.ts';
import { parseSchedule } from '../schedule/parse-schedule.ts';

/** Namespace of documents that name none, outside Kubernetes. */
export const DEFAULT_NAMESPACE = 'default';

/** What admission knows of this installation, whatever the document. */
export interface AdmissionSettings {
  readonly compiler: SchemaCompiler;
  /** Namespace of documents that name none. */
  readonly namespace: string;
}

/** One compiler for the whole process: compiled schemas are kept by their digest. */
export function admissionSettings(namespace: string = DEFAULT_NAMESPACE): AdmissionSettings {
  return { compiler: schemaCompiler(), namespace };
}

/** The context of one judgement: providers and modes that this version can resolve, the catalog, the door's scope. */
export function admissionContext(
  settings: AdmissionSettings,
  catalog: CatalogView,
  door: Omit<AdmissionScope, 'defaultNamespace'> = {},
): AdmissionContext {
  return {
    catalog,
    compiler: settings.compiler,
    door: { defaultNamespace: settings.namespace, ...door },
    parseSchedule: (schedule) => {
      const parsed = parseSchedule(schedule);
      return parsed.ok ? [] : parsed.faults;
    },
    providers: new Map([
      ['env', 'env'],
      ['file', 'file'],
    ]),
    credentialModes: new Set(['none', 'secretRef']),
    cluster: false,
  };
}

/** The admission pipeline as intake and reconcile call it. */
export function composeAdmit(settings: AdmissionSettings): Admit {
  return (document, { catalog, scope, recorded }) => {
    const context = { ...admissionContext(settings, catalog, doorOf(scope)), ...previousOf(recorded) };
    const { value, file, locate } = document;
    return verdictOf(admitDocument({ value, file, ...(locate === undefined ? {} : { locate }) }, context), value);
  };
}

function doorOf({ namespaces, owners }: DoorScope): Omit<AdmissionScope, 'defaultNamespace'> {
  return {
    ...(namespaces === null ? {} : { namespaces: new Set(namespaces) }),
    ...(owners === null
      ? {}
      : {
          mayActFor: (owner, projectId) =>
            owners.some(
              (one) => one.type === owner.type && one.id === owner.id && (one.projectId === undefined || one.projectId === projectId),
            ),
        }),
  };
}

function previousOf(recorded: RecordedIdentity | null): Pick<AdmissionContext, 'previous'> {
  if (recorded === null) return {};
  const { owner, projectId, type } = recorded;
  return {
    previous: () => ({
      owner: { type: owner.type as 'user' | 'group', id: owner.id },
      projectId: projectId ?? undefined,
      connectorKey: type,
    }),
  };
}

function verdictOf(admission: ReturnType<typeof admitDocument>, value: unknown): Verdict {
  if (!isAccepted(admission)) return refusedVerdict(admission.findings, admission.masked, value);
  const { spec, warnings, labels, annotations, revision, connectorTypeVersion, configSchemaVersion } = admission.accepted;
  const acceptance = { revision, connectorTypeVersion, configSchemaVersion };
  return { findings: warnings, spec, storable: spec, whole: true, labels, annotations, acceptance };
}

/** What may be stored of a refused document, however little of it is a document. */
function refusedVerdict(findings: Verdict['findings'], masked: unknown, value: unknown): Verdict {
  const { spec, metadata } = record(masked);
  const { labels, annotations } = record(metadata);
  return {
    findings,
    spec: null,
    storable: record(spec),
    whole: isDeepStrictEqual(masked, value),
    labels: record(labels) as Record<string, string>,
    annotations: record(annotations) as Record<string, string>,
    acceptance: null,
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
