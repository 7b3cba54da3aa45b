import { isDeepStrictEqual } from 'node:util';
import type { ConnectorSpec } from '../../schemas/connector.ts';
import { type Admission, admit, isAccepted } from '../admission/admit.ts';
import type { AdmissionContext, DoorScope as AdmissionDoor } from '../admission/context.ts';
import { isObject, normalisedSpec, withoutNulls } from '../admission/normalise.ts';
import type { Admit, DocumentToAdmit, DoorScope, Verdict } from '../apis/intake.ts';

/** What of admission's context is the same for every document. */
export type AdmissionSettings = Omit<AdmissionContext, 'catalog' | 'door' | 'previous'>;

/** The admission pipeline as intake and reconcile call it. */
export function admitWith(settings: AdmissionSettings): Admit {
  return (document, { catalog, scope, recorded }) => {
    const previous =
      recorded === null
        ? undefined
        : () => ({
            owner: recorded.owner as ConnectorSpec['owner'],
            projectId: recorded.projectId ?? undefined,
            connectorKey: recorded.type,
          });
    const context: AdmissionContext = { ...settings, catalog, door: doorOf(scope), ...(previous === undefined ? {} : { previous }) };
    const { value, file, locate } = document;
    return verdictOf(admit({ value, file, ...(locate === undefined ? {} : { locate }) }, context), document);
  };
}

function doorOf({ namespaces, owners }: DoorScope): AdmissionDoor {
  return {
    defaultNamespace: 'default',
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

function verdictOf(admission: Admission, { value }: DocumentToAdmit): Verdict {
  if (isAccepted(admission)) {
    const { spec, labels, annotations, warnings, revision, connectorTypeVersion, configSchemaVersion } = admission.accepted;
    const acceptance = { revision, connectorTypeVersion, configSchemaVersion };
    return { findings: warnings, spec, storable: spec, whole: true, labels, annotations, acceptance };
  }
  const metadata = memberOf(admission.masked, 'metadata');
  const [labels, annotations] = [textMap(metadata['labels']), textMap(metadata['annotations'])];
  const { spec: storable } = normalisedSpec(metadata, memberOf(admission.masked, 'spec'));
  const whole =
    isDeepStrictEqual(admission.masked, withoutNulls(value)) &&
    isDeepStrictEqual(labels, metadata['labels'] ?? {}) &&
    isDeepStrictEqual(annotations, metadata['annotations'] ?? {});
  return { findings: admission.findings, spec: null, storable, whole, labels, annotations, acceptance: null };
}

function memberOf(value: unknown, name: string): Record<string, unknown> {
  const member = isObject(value) ? value[name] : undefined;
  return isObject(member) ? member : {};
}

/** Labels or annotations of a refused document, as far as they are text. */
function textMap(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
