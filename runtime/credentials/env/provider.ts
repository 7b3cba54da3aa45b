import type { CredentialProvider } from '../../apis/credentials.ts';
import { collectFields } from '../collect-fields.ts';
import { credentialUnavailable } from '../credential-unavailable.ts';

/** Only variables with this prefix may be named, so that a document cannot read `DATABASE_URL` or the like. */
export const secretVariablePrefix = 'CONNECTOR_SECRET_';

/**
 * Secrets from the runtime's own environment. `name` is a label without effect; a key is a variable's name. A variable that is
 * empty counts as absent. Never a fallback: only what a document names is read, at launch (conflicts CF-55).
 */
export function envProvider(environment: Readonly<Record<string, string | undefined>>): CredentialProvider {
  return {
    resolve: (reference) =>
      collectFields(
        reference,
        async ({ key }) => {
          if (!key.startsWith(secretVariablePrefix)) {
            throw credentialUnavailable({
              provider: reference.provider,
              name: reference.name,
              key,
              problem: 'may not be read',
              hint: `only variables that begin with ${secretVariablePrefix} may be named in spec.credentials.secretRef.keys`,
            });
          }
          const value = Object.hasOwn(environment, key) ? environment[key] : undefined;
          return value === undefined ? undefined : Buffer.from(value);
        },
        ({ key }) => `set ${key} in the environment of the runtime and restart it`,
      ),
  };
}
