import type { AuthField, AuthSpec } from '../../schemas/connector-type.ts';
import type { CredentialsSpec } from '../../schemas/connector.ts';
import type { CredentialProvider, CredentialResolver, SecretReference } from '../apis/credentials.ts';
import { credentialUnavailable } from './credential-unavailable.ts';
import { SecretBundle } from './secret-bundle.ts';

/** Makes the resolver over the configured providers, by the names that documents use in `secretRef.provider`. */
export function credentialResolver(providers: Readonly<Record<string, CredentialProvider>>): CredentialResolver {
  return {
    async resolve(credentials, auth, context) {
      if (credentials.mode === 'none') return withoutCredentials(auth);
      const reference = toReference(credentials, auth);
      const provider = Object.hasOwn(providers, reference.provider) ? providers[reference.provider] : undefined;
      if (provider === undefined) throw unknownProvider(reference, Object.keys(providers));
      return provider.resolve(reference, context);
    },
  };
}

function withoutCredentials(auth: AuthSpec): SecretBundle {
  const needed = fieldsOf(auth).find((field) => field.required ?? true);
  if (needed === undefined) return new SecretBundle();
  throw credentialUnavailable({
    provider: 'none',
    name: needed.name,
    problem: 'is required by the type, but spec.credentials.mode is none',
    hint: `set spec.credentials to mode secretRef with a key for ${needed.name}`,
  });
}

/**
 * Fields that `keys` does not name are looked for under their own names. What the document names it means to have: such a key must be
 * there, also for a field that the type could do without.
 */
function toReference(credentials: CredentialsSpec, auth: AuthSpec): SecretReference {
  const { mode, secretRef } = credentials;
  if (mode !== 'secretRef' || secretRef === undefined) {
    throw credentialUnavailable({
      provider: mode,
      name: secretRef?.name ?? mode,
      problem:
        mode === 'secretRef' ? 'is not named: spec.credentials.secretRef is missing' : `cannot be resolved: this runtime has no ${mode}`,
      hint: 'use spec.credentials.mode secretRef with a provider and a name',
    });
  }
  const fields = fieldsOf(auth).map((field) => ({
    field: field.name,
    key: secretRef.keys?.[field.name] ?? field.name,
    required: (field.required ?? true) || secretRef.keys?.[field.name] !== undefined,
    sensitive: field.sensitive ?? true,
  }));
  return { provider: secretRef.provider, name: secretRef.name, fields };
}

function fieldsOf(auth: AuthSpec): readonly AuthField[] {
  return auth.kind === 'none' ? [] : (auth.fields ?? []);
}

function unknownProvider(reference: SecretReference, known: readonly string[]): Error {
  return credentialUnavailable({
    provider: reference.provider,
    name: reference.name,
    problem: 'cannot be resolved: no such provider is configured',
    hint: `use one of: ${known.toSorted().join(', ')}`,
  });
}
