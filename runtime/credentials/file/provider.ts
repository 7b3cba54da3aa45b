import type { CredentialProvider } from '../../apis/credentials.ts';
import { collectFields } from '../collect-fields.ts';
import { readSecretFile } from './secret-file.ts';

/**
 * Secrets from files. `name` is a folder below `secretsFolder`, a key is a file in it, read at launch only. One newline at the
 * end of the file is not part of the value, so that `echo` and editors can write it; a second one is.
 */
export function fileProvider(secretsFolder: string): CredentialProvider {
  return {
    resolve: (reference) =>
      collectFields(
        reference,
        ({ key }) => readSecretFile(secretsFolder, { provider: reference.provider, name: reference.name, key }),
        ({ key }) => `write the value to ${reference.name}/${key} in the secrets folder, readable by its owner only (chmod 600)`,
      ),
  };
}
