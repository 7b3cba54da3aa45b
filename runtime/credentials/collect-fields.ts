import type { SecretReference, WantedField } from '../apis/credentials.ts';
import { credentialUnavailable } from './credential-unavailable.ts';
import { SecretBundle } from './secret-bundle.ts';

/**
 * Reads each wanted field and makes the bundle: the part that all providers share. `read` gives the value of a key, undefined when
 * there is none, and throws `CredentialUnavailable` for what must not be read. After a failure nothing that was read remains.
 */
export async function collectFields(
  reference: SecretReference,
  read: (wanted: WantedField) => Promise<Buffer | undefined>,
  howToProvide: (wanted: WantedField) => string,
): Promise<SecretBundle> {
  const bundle = new SecretBundle();
  try {
    for (const wanted of reference.fields) {
      const value = await read(wanted);
      if (value !== undefined && value.length > 0) bundle.set(wanted.field, { value, sensitive: wanted.sensitive });
      else if (wanted.required) {
        const { provider, name } = reference;
        const problem = value === undefined ? 'is not there' : 'is empty';
        throw credentialUnavailable({ provider, name, key: wanted.key, problem, hint: howToProvide(wanted) });
      }
    }
    return bundle;
  } catch (error) {
    bundle.wipe();
    throw error;
  }
}
