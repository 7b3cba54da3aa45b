import type { AuthField } from '../../../schemas/connector-type.ts';
import type { CredentialsSpec, SecretRef } from '../../../schemas/connector.ts';
import type { FindingDraft } from '../../apis/finding.ts';
import type { AdmissionContext, ProviderKind } from '../context.ts';
import { type Rule, typeOf } from '../subject.ts';

const REF = ['spec', 'credentials', 'secretRef'] as const;

/** The mode works here and goes with the fields beside it. */
export const credentialModeRule: Rule = {
  name: 'credentialMode',
  reads: ['credentials'],
  judge({ spec: { credentials } }, context): FindingDraft[] {
    if (credentials === undefined) return [];
    return [...modeAvailable(credentials, context), ...fieldsOfMode(credentials)];
  },
};

/** Each required auth field of the type is supplied, and nothing else is mapped. */
export const credentialFieldsRule: Rule = {
  name: 'credentialFields',
  reads: ['type', 'typeVersion', 'credentials'],
  judge(subject): FindingDraft[] {
    const auth = typeOf(subject)?.spec.auth;
    if (auth === undefined) return [];
    const credentials = subject.spec.credentials ?? { mode: 'none' };
    if (credentials.mode === 'oauth' && auth.kind !== 'oauth2') {
      return [{ at: ['spec', 'credentials', 'mode'], reason: 'OauthNotSupported', message: `the type signs in with ${auth.kind}` }];
    }
    const fields = auth.fields ?? [];
    if (credentials.mode === 'none') return missing(fields, () => false, ['spec', 'credentials']);
    if (credentials.mode !== 'secretRef' || credentials.secretRef === undefined) return [];
    return mappedFields(credentials.secretRef, fields);
  },
};

/** The provider is configured and takes such a name and such keys. */
export const credentialProviderRule: Rule = {
  name: 'credentialProvider',
  reads: ['type', 'typeVersion', 'credentials'],
  judge(subject, context): FindingDraft[] {
    const ref = subject.spec.credentials?.secretRef;
    if (ref === undefined) return [];
    const kind = context.providers.get(ref.provider);
    if (kind === undefined) {
      const hint = `Configured: ${[...context.providers.keys()].join(', ') || 'none'}.`;
      return [
        {
          at: [...REF, 'provider'],
          reason: 'CredentialProviderUnknown',
          message: `no provider ${JSON.stringify(ref.provider)} is configured`,
          hint,
        },
      ];
    }
    const fields = (typeOf(subject)?.spec.auth.fields ?? []).map(({ name }) => name);
    return providerRules[kind]?.(ref, fields) ?? [];
  },
};

function modeAvailable({ mode }: CredentialsSpec, { credentialModes }: AdmissionContext): FindingDraft[] {
  if (credentialModes.has(mode)) return [];
  const at = ['spec', 'credentials', 'mode'];
  if (mode === 'encrypted')
    return [{ at, reason: 'EncryptedCredentialsDisabled', message: 'inline encrypted credentials are switched off' }];
  return [{ at, reason: 'CredentialModeUnavailable', message: `credentials with mode ${mode} are not available here` }];
}

function fieldsOfMode(credentials: CredentialsSpec): FindingDraft[] {
  const found: FindingDraft[] = [];
  for (const field of ['secretRef', 'encrypted'] as const) {
    const wanted = credentials.mode === field;
    if (wanted === (credentials[field] !== undefined)) continue;
    const message = wanted ? `mode ${field} needs ${field}` : `${field} does not go with mode ${credentials.mode}`;
    found.push({ at: ['spec', 'credentials', ...(wanted ? [] : [field])], reason: 'CredentialsInvalid', message });
  }
  return found;
}

function mappedFields(ref: SecretRef, fields: readonly AuthField[]): FindingDraft[] {
  const { keys } = ref;
  if (keys === undefined) return [];
  const unknown = Object.keys(keys).filter((key) => !fields.some(({ name }) => name === key));
  return [
    ...unknown.map((key): FindingDraft => {
      const hint = `Its fields: ${fields.map(({ name }) => name).join(', ') || 'none'}.`;
      return {
        at: [...REF, 'keys', key],
        reason: 'CredentialFieldUnknown',
        message: `the type has no auth field ${JSON.stringify(key)}`,
        hint,
      };
    }),
    ...missing(fields, (name) => Object.hasOwn(keys, name), [...REF, 'keys']),
  ];
}

function missing(fields: readonly AuthField[], has: (name: string) => boolean, at: FindingDraft['at']): FindingDraft[] {
  return fields
    .filter(({ name, required }) => required !== false && !has(name))
    .map(({ name }) => ({ at, reason: 'CredentialsMissing', message: `the type needs the credential ${JSON.stringify(name)}` }));
}

type ProviderRule = (ref: SecretRef, fields: readonly string[]) => FindingDraft[];

/** Rules of single kinds; the other kinds take any name. Fields that `keys` leaves out are looked up under their own names. */
const providerRules: Partial<Record<ProviderKind, ProviderRule>> = {
  env(ref, fields) {
    const keys = Object.entries(ref.keys ?? Object.fromEntries(fields.map((name) => [name, name])));
    return keys
      .filter(([, key]) => !/^CONNECTOR_SECRET_[A-Za-z0-9_]+$/.test(key))
      .map(([field]) => ({
        at: ref.keys === undefined ? REF : [...REF, 'keys', field],
        reason: 'CredentialReferenceInvalid',
        message: `the variable for ${JSON.stringify(field)} does not begin with CONNECTOR_SECRET_`,
        hint: `Map it: keys: {${field}: CONNECTOR_SECRET_<NAME>}.`,
      }));
  },
  file(ref) {
    const found: FindingDraft[] = [];
    if (!isPlainPath(ref.name)) found.push(badFile([...REF, 'name'], 'the folder'));
    for (const [field, key] of Object.entries(ref.keys ?? {})) {
      if (!isPlainPath(key)) found.push(badFile([...REF, 'keys', field], `the file for ${JSON.stringify(field)}`));
    }
    return found;
  },
};

function isPlainPath(path: string): boolean {
  const parts = path.split('/');
  return !path.includes('\\') && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

function badFile(at: FindingDraft['at'], what: string): FindingDraft {
  return { at, reason: 'CredentialReferenceInvalid', message: `${what} is absolute or leads out of the secrets folder` };
}
