import { describe, expect, test } from '@jest/globals';
import type { CredentialProvider, SecretReference, WantedField } from '../../runtime/apis/credentials.ts';
import { isFault } from '../../platform/errors.ts';

/** One provider under test, with a place to put secrets for it. */
export interface ProviderUnderTest {
  provider: CredentialProvider;
  /** Its kind, as documents name it. */
  kind: string;
  /** Stores a value under a key, and gives the name by which `secretRef.keys` refers to it. */
  put(key: string, value: string): Promise<string>;
  /** A name like those that `put` gives, under which nothing is stored. */
  absentKey: string;
}

const context = { namespace: 'default', connectorInstanceId: 'i', runId: 'r' };

/** What every provider of credentials does; `make` gives a fresh one. */
export function credentialProviderContract(make: () => Promise<ProviderUnderTest>): void {
  const wanted = (field: string, key: string, more: Partial<WantedField> = {}): WantedField => ({
    field,
    key,
    required: true,
    sensitive: true,
    ...more,
  });
  const reference = (kind: string, ...fields: WantedField[]): SecretReference => ({ provider: kind, name: 'mail', fields });
  const failure = async (attempt: Promise<unknown>): Promise<Error> =>
    attempt.then(
      () => new Error('it succeeded'),
      (error: Error) => error,
    );

  describe('credential provider contract', () => {
    test('[HARD-19.3-12] each field gets the value of the key that it is mapped to', async () => {
      const { provider, kind, put } = await make();
      const fields = [wanted('username', await put('U', 'ops')), wanted('password', await put('P', 'pass word\n\nß'))];
      const bundle = await provider.resolve(reference(kind, ...fields), context);
      expect(bundle.fields()).toEqual(['username', 'password']);
      expect(bundle.get('username')?.value.toString()).toBe('ops');
      expect(bundle.get('password')?.value.toString()).toBe('pass word\n\nß');
    });

    test('[PROTO-36] only what the type calls sensitive is to be masked', async () => {
      const { provider, kind, put } = await make();
      const fields = [wanted('username', await put('U', 'ops'), { sensitive: false }), wanted('password', await put('P', 'deep-secret'))];
      const bundle = await provider.resolve(reference(kind, ...fields), context);
      expect(bundle.sensitiveValues().map(String)).toEqual(['deep-secret']);
      expect(JSON.stringify(bundle)).toBe('{"fields":["username","password"]}');
    });

    test('[HARD-19.4.1-2] an optional field may be absent or empty', async () => {
      const { provider, kind, put, absentKey } = await make();
      const fields = [wanted('a', absentKey, { required: false }), wanted('b', await put('B', ''), { required: false })];
      expect((await provider.resolve(reference(kind, ...fields), context)).fields()).toEqual([]);
    });

    test('[HARD-19.4.1-2] a required field that is absent is CredentialUnavailable, naming provider, secret and key and no value', async () => {
      const { provider, kind, put, absentKey } = await make();
      const fields = [wanted('password', await put('P', 'deep-secret')), wanted('token', absentKey)];
      const error = await failure(provider.resolve(reference(kind, ...fields), context));
      expect(isFault(error, 'CredentialUnavailable')).toBe(true);
      expect(error.message).toContain(kind);
      expect(error.message).toContain('mail');
      expect(error.message).toContain(absentKey);
      expect(error).toMatchObject({ disposition: { kind: 'stall' }, hint: expect.stringMatching(/./), details: { key: absentKey } });
      expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain('deep-secret');
    });

    test('[CI-31.R2] a required field that is empty counts as absent', async () => {
      const { provider, kind, put } = await make();
      const error = await failure(provider.resolve(reference(kind, wanted('token', await put('T', ''))), context));
      expect(isFault(error, 'CredentialUnavailable')).toBe(true);
      expect(error.message).toContain('is empty');
    });

    test('[HARD-19.4.1-2] values are read at each launch, and a wiped bundle holds none', async () => {
      const { provider, kind, put } = await make();
      const key = await put('P', 'first-value');
      const first = await provider.resolve(reference(kind, wanted('password', key)), context);
      await put('P', 'second-value');
      const second = await provider.resolve(reference(kind, wanted('password', key)), context);
      expect(second.get('password')?.value.toString()).toBe('second-value');
      const buffer = first.get('password')?.value;
      first.wipe();
      expect(buffer?.every((byte) => byte === 0)).toBe(true);
      expect(first.get('password')).toBeUndefined();
    });
  });
}
