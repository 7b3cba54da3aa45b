import type { AdmissionContext } from '../admission/context.ts';
import { schemaCompiler } from '../admission/schema/compile-schema.ts';
import type { CatalogView } from '../apis/catalog.ts';
import { parseSchedule } from '../schedule/parse-schedule.ts';
import type { AdmissionSettings } from './admission-verdict.ts';

/** Namespace of documents that name none, outside Kubernetes. */
export const DEFAULT_NAMESPACE = 'default';

/**
 * What admission knows of this installation, whatever the document: providers and modes that this version can resolve, no cluster.
 * One compiler for the whole process: compiled schemas are kept by their digest.
 */
export function admissionSettings(): AdmissionSettings {
  return {
    compiler: schemaCompiler(),
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

/** The context of one judgement outside any door, such as an offline validation. */
export function offlineContext(settings: AdmissionSettings, catalog: CatalogView): AdmissionContext {
  return { ...settings, catalog, door: { defaultNamespace: DEFAULT_NAMESPACE } };
}
