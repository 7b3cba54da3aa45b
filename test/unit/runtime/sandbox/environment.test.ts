import { describe, expect, test } from '@jest/globals';
import { SecretBundle } from '../../../../runtime/credentials/secret-bundle.ts';
import { buildEnvironment, type EnvironmentInput } from '../../../../runtime/sandbox/environment.ts';

function secrets(values: Record<string, string | Buffer>): SecretBundle {
  const bundle = new SecretBundle();
  for (const [field, value] of Object.entries(values)) bundle.set(field, { value: Buffer.from(value as string), sensitive: true });
  return bundle;
}

const build = (changes: Partial<EnvironmentInput>): Record<string, string> =>
  buildEnvironment({
    host: { PATH: '/usr/bin', LANG: 'C.UTF-8', TZ: '', HOME: '/root', DATABASE_URL: 'postgres://x', TOKEN: '', CONNECTOR_SECRET_A: 'a' },
    baseFolder: '/srv/product',
    runId: 'r1',
    workFolder: '/runs/r1/work',
    config: { count: 3 },
    variables: {},
    authFields: [],
    secrets: secrets({}),
    ...changes,
  });

describe("a connector's environment", () => {
  test('[CI-16.R1] holds PATH, LANG and TZ of the host, what the run gives, and nothing else', () => {
    expect(build({})).toEqual({
      PATH: '/usr/bin',
      LANG: 'C.UTF-8',
      HOME: '/runs/r1/work',
      TMPDIR: '/runs/r1/work/tmp',
      CONNECTOR_CONFIG: '{"count":3}',
      CONNECTOR_WORKDIR: '/runs/r1/work',
      CONNECTOR_BASEDIR: '/srv/product',
      CONNECTOR_RUN_ID: 'r1',
    });
  });

  test('fills templates of the type, and leaves a variable out whose config value is absent', () => {
    const environment = build({ variables: { START: 'from ${config.count}', GONE: '${config.absent}', FIXED: 'x' } });
    expect(environment).toMatchObject({ START: 'from 3', FIXED: 'x' });
    expect(environment).not.toHaveProperty('GONE');
  });

  test('[CI-31.R2] secrets come last: neither an empty host variable nor one of the type shadows them', () => {
    const authFields = [
      { name: 'token', env: 'TOKEN' },
      { name: 'language', env: 'LANG' },
      { name: 'other', env: 'OTHER' },
    ];
    const environment = build({
      variables: { TOKEN: 'of the type' },
      authFields,
      secrets: secrets({ token: 'secret', language: 'stored' }),
    });
    expect(environment).toMatchObject({ TOKEN: 'secret', LANG: 'stored' });
    expect(environment).not.toHaveProperty('OTHER');
  });

  const refused: [reason: string, changes: Partial<EnvironmentInput>, fault: string][] = [
    ['a variable of ours', { variables: { CONNECTOR_RUN_ID: 'x' } }, 'LaunchFailed'],
    ['a name that is no name', { variables: { 'A B;rm': 'x' } }, 'LaunchFailed'],
    ['a variable that shells keep', { authFields: [{ name: 't', env: 'UID' }], secrets: secrets({ t: 'x' }) }, 'LaunchFailed'],
    ['a NUL in a value', { variables: { A: '${config.nul}' }, config: { nul: 'a\0b' } }, 'LaunchFailed'],
    ['a config that no process can be started with', { config: { big: 'x'.repeat(140_000) } }, 'LaunchFailed'],
    ['a secret with a NUL', { authFields: [{ name: 't', env: 'T' }], secrets: secrets({ t: 'a\0' }) }, 'CredentialUnavailable'],
    [
      'a secret that is no UTF-8',
      { authFields: [{ name: 't', env: 'T' }], secrets: secrets({ t: Buffer.from([0xff]) }) },
      'CredentialUnavailable',
    ],
  ];
  test.each(refused)('[HARD-19.4.1-2] refuses %s', (_, changes, reason) => {
    expect(() => build(changes)).toThrow(expect.objectContaining({ reason, hint: expect.stringMatching(/./) }));
  });
});
