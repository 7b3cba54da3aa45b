import { Fault } from '../../platform/errors.ts';

/** What could not be had, by name only. */
export interface MissingCredential {
  provider: string;
  name: string;
  key?: string;
  /** What is wrong with it, as the end of a sentence: `is not set`. Never a value. */
  problem: string;
  hint: string;
  cause?: unknown;
}

/** The one failure of every provider: no process is started, and nothing changes until somebody provides the secret. */
export function credentialUnavailable(missing: MissingCredential): Fault {
  const key = missing.key === undefined ? '' : `, key ${missing.key}`;
  return new Fault({
    reason: 'CredentialUnavailable',
    message: `secret ${missing.name} of provider ${missing.provider}${key} ${missing.problem}`,
    hint: missing.hint,
    disposition: { kind: 'stall' },
    details: { provider: missing.provider, name: missing.name, ...(missing.key === undefined ? {} : { key: missing.key }) },
    ...(missing.cause === undefined ? {} : { cause: missing.cause }),
  });
}
