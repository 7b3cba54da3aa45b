import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { maxSecretBytes } from '../../../../runtime/credentials/file/secret-file.ts';
import { envProvider } from '../../../../runtime/credentials/env/provider.ts';
import { fileProvider } from '../../../../runtime/credentials/file/provider.ts';
import { credentialResolver } from '../../../../runtime/credentials/resolver.ts';
import { credentialProviderContract } from '../../../contract/credential-provider.ts';

const context = { namespace: 'default', connectorInstanceId: 'i', runId: 'r' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const wanted = (key: string) => ({ field: 'token', key, required: true, sensitive: true });

describe('env', () => {
  credentialProviderContract(async () => {
    const environment: Record<string, string> = {};
    return {
      provider: envProvider(environment),
      kind: 'env',
      put: async (key, value) => {
        environment[`CONNECTOR_SECRET_${key}`] = value;
        return `CONNECTOR_SECRET_${key}`;
      },
      absentKey: 'CONNECTOR_SECRET_ABSENT',
    };
  });

  test('[CI-31.R2] a variable without the prefix is refused, so that no document reads DATABASE_URL', async () => {
    const provider = envProvider({ DATABASE_URL: 'postgres://secret' });
    const attempt = provider.resolve({ provider: 'env', name: 'x', fields: [wanted('DATABASE_URL')] }, context);
    await expect(attempt).rejects.toMatchObject({
      reason: 'CredentialUnavailable',
      message: 'secret x of provider env, key DATABASE_URL may not be read',
      hint: expect.stringContaining('CONNECTOR_SECRET_'),
    });
  });
});

describe('file', () => {
  const resolveKey = (key: string, name = 'mail') =>
    fileProvider(folder).resolve({ provider: 'file', name, fields: [wanted(key)] }, context);
  const put = async (key: string, value: string | Buffer, mode = 0o600): Promise<string> => {
    await mkdir(join(folder, 'mail'), { recursive: true });
    await writeFile(join(folder, 'mail', key), value);
    await chmod(join(folder, 'mail', key), mode);
    return key;
  };
  credentialProviderContract(async () => ({ provider: fileProvider(folder), kind: 'file', put, absentKey: 'absent' }));

  test.each([
    ['v', 'v'],
    ['v\n', 'v'],
    ['v\r\n', 'v'],
    ['v\n\n', 'v\n'],
    ['v\r', 'v\r'],
  ])('one newline at the end is not part of the value: %j', async (content, value) => {
    const bundle = await resolveKey(await put('key', content));
    expect(bundle.get('token')?.value.toString()).toBe(value);
  });

  test('bytes that are no text are kept', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    expect((await resolveKey(await put('key', bytes))).get('token')?.value).toEqual(bytes);
  });

  test('a link inside the secrets folder is followed, as mounted secrets are links', async () => {
    await put('real', 'inside');
    await symlink('real', join(folder, 'mail', 'link'));
    expect((await resolveKey('link')).get('token')?.value.toString()).toBe('inside');
  });

  const refused: [reason: string, prepare: () => Promise<[key: string, name?: string]>, problem: string][] = [
    ['a link out of the folder', async () => [await linkTo('/etc/hostname')], 'leads out of the secrets folder'],
    [
      'a folder that is a link out',
      async () => (await symlink('/etc', join(folder, 'out')), ['hostname', 'out']),
      'leads out of the secrets folder',
    ],
    ['.. in the name', async () => ['hostname', '../../etc'], 'is no plain name'],
    ['.. as the key', async () => ['..'], 'is no plain name'],
    ['a slash in the key', async () => ['a/b'], 'is no plain name'],
    ['an absolute name', async () => ['hostname', '/etc'], 'is no plain name'],
    ['an empty part of the name', async () => ['key', 'a//b'], 'is no plain name'],
    ['a NUL in the key', async () => ['a\0b'], 'is no plain name'],
    ['a file that others may read', async () => [await put('key', 'v', 0o604)], 'may be read by others'],
    ['a file that the group may read', async () => [await put('key', 'v', 0o640)], 'may be read by others'],
    [
      'a folder in place of a file',
      async () => (await mkdir(join(folder, 'mail', 'key'), { recursive: true }), ['key']),
      'is no regular file',
    ],
    ['a file beyond the limit', async () => [await put('key', Buffer.alloc(maxSecretBytes + 1, 97))], 'is too large'],
    ['a link to itself', async () => [await linkTo('link')], 'cannot be read (ELOOP)'],
  ];
  test.each(refused)('[HARD-19.4.1-2] refuses %s', async (_, prepare, problem) => {
    const [key, name] = await prepare();
    await expect(resolveKey(key, name)).rejects.toMatchObject({
      reason: 'CredentialUnavailable',
      message: expect.stringContaining(problem),
      hint: expect.stringMatching(/./),
    });
  });

  async function linkTo(target: string): Promise<string> {
    await mkdir(join(folder, 'mail'), { recursive: true });
    await symlink(target, join(folder, 'mail', 'link'));
    return 'link';
  }

  test('a secrets folder that is not there has no secrets', async () => {
    await rm(folder, { recursive: true });
    await expect(resolveKey('key')).rejects.toMatchObject({
      reason: 'CredentialUnavailable',
      message: expect.stringContaining('is not there'),
    });
  });
});

describe('the resolver', () => {
  const resolver = credentialResolver({ env: envProvider({ CONNECTOR_SECRET_T: 'v', CONNECTOR_SECRET_U: 'u' }) });
  const auth = {
    kind: 'static_secret' as const,
    fields: [
      { name: 'token', env: 'T' },
      { name: 'user', env: 'U', required: false, sensitive: false },
    ],
  };
  const secretRef = { provider: 'env', name: 'x', keys: { token: 'CONNECTOR_SECRET_T', user: 'CONNECTOR_SECRET_U' } };

  test('[HARD-19.3-12] maps fields by keys and takes required and sensitive from the type', async () => {
    const bundle = await resolver.resolve({ mode: 'secretRef', secretRef }, auth, context);
    expect(bundle.get('token')).toEqual({ value: Buffer.from('v'), sensitive: true });
    expect(bundle.get('user')).toEqual({ value: Buffer.from('u'), sensitive: false });
  });

  test('[HARD-19.3-12] without keys a field is looked for under its own name', async () => {
    const attempt = resolver.resolve({ mode: 'secretRef', secretRef: { provider: 'env', name: 'x' } }, auth, context);
    await expect(attempt).rejects.toMatchObject({ message: expect.stringContaining('key token') });
  });

  test('[HARD-19.3-12] an optional field whose key the document names must be there; one that it leaves out may be absent', async () => {
    const named = { provider: 'env', name: 'x', keys: { token: 'CONNECTOR_SECRET_T', user: 'CONNECTOR_SECRET_GONE' } };
    await expect(resolver.resolve({ mode: 'secretRef', secretRef: named }, auth, context)).rejects.toMatchObject({
      reason: 'CredentialUnavailable',
      message: expect.stringContaining('CONNECTOR_SECRET_GONE'),
    });
    const left = { provider: 'env', name: 'x', keys: { token: 'CONNECTOR_SECRET_T' } };
    const optional = {
      ...auth,
      fields: [
        { name: 'token', env: 'T' },
        { name: 'CONNECTOR_SECRET_GONE', env: 'U', required: false },
      ],
    };
    expect((await resolver.resolve({ mode: 'secretRef', secretRef: left }, optional, context)).fields()).toEqual(['token']);
  });

  test('a type that needs nothing resolves to nothing', async () => {
    expect((await resolver.resolve({ mode: 'none' }, { kind: 'none' }, context)).fields()).toEqual([]);
  });

  const refused = [
    ['a required field with mode none', { mode: 'none' as const }, 'credentials.mode is none'],
    [
      'a provider that is not configured',
      { mode: 'secretRef' as const, secretRef: { provider: 'toString', name: 'x' } },
      'no such provider',
    ],
    ['a mode that this runtime lacks', { mode: 'oauth' as const }, 'this runtime has no oauth'],
    ['a missing reference', { mode: 'secretRef' as const }, 'secretRef is missing'],
  ] as const;
  test.each(refused)('[HARD-19.4.1-2] %s refuses the launch', async (_, credentials, problem) => {
    await expect(resolver.resolve(credentials, auth, context)).rejects.toMatchObject({
      reason: 'CredentialUnavailable',
      message: expect.stringContaining(problem),
      disposition: { kind: 'stall' },
    });
  });
});
