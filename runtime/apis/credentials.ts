import type { AuthSpec } from '../../schemas/connector-type.ts';
import type { CredentialsSpec } from '../../schemas/connector.ts';
import type { SecretBundle } from '../credentials/secret-bundle.ts';

/** One value that is wanted of a secret. */
export interface WantedField {
  /** Name of the field in the type's `auth`. */
  readonly field: string;
  /** Where it lies inside the secret. */
  readonly key: string;
  /** Without it there is no run; an optional one may be absent. */
  readonly required: boolean;
  /** Whether it is masked in every text that leaves the run. */
  readonly sensitive: boolean;
}

/** A pointer to a secret with the fields that are wanted of it. Holds no value. */
export interface SecretReference {
  /** Configured name of the provider, for messages. */
  readonly provider: string;
  readonly name: string;
  readonly fields: readonly WantedField[];
}

/** For whom a secret is resolved: the scope that a provider may check. */
export interface CredentialContext {
  readonly namespace: string;
  readonly connectorInstanceId: string;
  readonly runId: string;
}

/**
 * Reads secrets at one place. Adapters: one folder each in `runtime/credentials/`, registered by name in `runtime/main.ts`.
 * Contract suite: `test/contract/credential-provider.ts`.
 */
export interface CredentialProvider {
  /**
   * Reads the wanted fields now; nothing is cached. An absent or empty value counts as absent: left out when optional.
   * Throws `CredentialUnavailable` (stall) naming provider, secret and key, never a value. The caller wipes the bundle.
   */
  resolve(reference: SecretReference, context: CredentialContext): Promise<SecretBundle>;
}

/** The one seam through which every launch (scheduled, retried, manual) gets its credentials. */
export interface CredentialResolver {
  /** Throws `CredentialUnavailable` (stall): no process may be started then. The caller wipes the bundle. */
  resolve(credentials: CredentialsSpec, auth: AuthSpec, context: CredentialContext): Promise<SecretBundle>;
}
