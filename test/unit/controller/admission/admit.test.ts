import { describe, expect, test } from '@jest/globals';
import { type Admission, admit, isAccepted } from '../../../../controller/admission/admit.ts';
import type { AdmissionContext } from '../../../../controller/admission/context.ts';
import { Catalog } from '../../../../controller/catalog/catalog.ts';
import { TEST_TYPES, admissionContext } from '../../../gen/admission-context.ts';
import { connector, withMetadata, withSpec } from '../../../gen/documents.ts';

const group = { type: 'group', id: '7b2c5a3e-0000-4000-8000-000000000001' } as const;
const mailbox = withSpec({ type: 'mailbox', typeVersion: '2.3', config: { host: 'imap.example.com' }, credentials: { mode: 'none' } });

function judge(value: unknown, parts: Partial<AdmissionContext> = {}): Admission {
  return admit({ value }, admissionContext(parts));
}

function told(value: unknown, parts: Partial<AdmissionContext> = {}): string[] {
  const admission = judge(value, parts);
  return (isAccepted(admission) ? admission.accepted.warnings : admission.findings).map(({ path, reason }) => `${path} ${reason}`);
}

function accepted(value: unknown, parts: Partial<AdmissionContext> = {}) {
  const admission = judge(value, parts);
  if (!isAccepted(admission)) throw new Error(JSON.stringify(admission.findings));
  return admission.accepted;
}

describe('what is accepted', () => {
  test('[HARD-19.1-1, HARD-19.3-7, HARD-19.3-8] a valid document is normalised, resolved and versioned, without defaults', () => {
    const document = connector('a', withMetadata({ labels: { team: 'x' }, resourceVersion: '7' }));
    expect(accepted(document)).toMatchObject({
      namespace: 'default',
      name: 'a',
      labels: { team: 'x' },
      resourceVersion: '7',
      connectorKey: 'counter',
      connectorTypeVersion: '1.0.0',
      configSchemaVersion: 1,
      spec: document.spec,
      warnings: [],
    });
    expect(accepted(document).spec).not.toHaveProperty('enabled');
  });

  test.each([
    { why: 'a user', spec: {}, projectId: undefined },
    { why: 'a group', spec: { owner: group }, projectId: undefined },
    { why: 'a group in a project', spec: { owner: group, projectId: 'p1' }, projectId: 'p1' },
  ])('[REQ-CONNEC-0102, HARD-19.3-6, HARD-19.2.1-3] the owner is $why', ({ spec, projectId }) => {
    expect(accepted(connector('a', withSpec(spec))).projectId).toBe(projectId);
  });

  test('[HARD-19.3-5, HARD-19.3-6] owner and projectId in metadata are moved to spec', () => {
    const outside = connector('a', withSpec({ owner: undefined }), withMetadata({ owner: group, projectId: 'p1' }));
    expect(accepted(outside)).toMatchObject({ owner: group, projectId: 'p1', spec: { owner: group, projectId: 'p1' } });
  });

  test('[HARD-19.2.1-1, HARD-19.3-9] enabled, disabled and the deletion policy are desired state', () => {
    expect(accepted(connector('a', withSpec({ enabled: false, deletionPolicy: 'Disable' }))).spec).toMatchObject({
      enabled: false,
      deletionPolicy: 'Disable',
    });
  });

  test('[HARD-19.2.1-2, HARD-19.3-10] the sample mailbox config passes', () => {
    const config = { host: 'imap.example.com', port: 993, tls: true, mailbox: 'INBOX', filter: { fromAllowlist: ['a@example.com'] } };
    expect(accepted(connector('a', mailbox, withSpec({ config }))).spec.config).toEqual(config);
  });

  test('[HARD-19.3-11, HARD-19.3-12] credentials point to entries of a secret by field', () => {
    const credentials = { mode: 'secretRef', secretRef: { provider: 'cynode-vault', name: 'creds', keys: { token: 'token' } } } as const;
    expect(accepted(connector('a', withSpec({ credentials }))).spec.credentials).toEqual(credentials);
  });

  test('null means not set, as in Kubernetes', () => {
    expect(
      accepted({ ...connector('a'), spec: { ...connector('a').spec, schedule: null, config: { count: 1, mode: null } } }).spec.config,
    ).toEqual({ count: 1 });
  });

  test('[HARD-19.1-2] status and uid of a document are ignored with a warning', () => {
    const document = { ...connector('a', withMetadata({ uid: 'mine' })), status: { phase: 'active', lastError: 'x' } };
    expect(told(document)).toEqual(['status ServerFieldIgnored', 'metadata.uid ServerFieldIgnored']);
    expect(JSON.stringify(accepted(document).spec)).not.toContain('lastError');
  });
});

describe('what is refused', () => {
  test.each([
    { why: 'no document', value: 'text', expected: [' SchemaInvalid'] },
    { why: 'no spec', value: { ...connector('a'), spec: undefined }, expected: ['spec FieldMissing'] },
    { why: 'another apiVersion', value: { ...connector('a'), apiVersion: 'v1' }, expected: ['apiVersion ApiVersionUnknown'] },
    { why: 'another kind', value: { ...connector('a'), kind: 'Pod' }, expected: ['kind KindUnknown'] },
    { why: 'no name', value: connector('a', withMetadata({ name: undefined })), expected: ['metadata.name NameInvalid'] },
    { why: 'a bad name', value: connector('A_b'), expected: ['metadata.name NameInvalid'] },
    { why: 'no owner', value: connector('a', withSpec({ owner: undefined })), expected: ['spec.owner OwnerInvalid'] },
    {
      why: 'another owner type and no UUID',
      value: connector('a', withSpec({ owner: { type: 'robot', id: 'x' } as never })),
      expected: ['spec.owner.type OwnerInvalid', 'spec.owner.id OwnerInvalid'],
    },
    { why: 'two owners', value: connector('a', withMetadata({ owner: group })), expected: ['metadata.owner OwnerInvalid'] },
    {
      why: 'an unregistered type',
      value: connector('a', withSpec({ type: 'nothing' })),
      expected: ['spec.type TypeUnknown'],
    },
    {
      why: 'an unregistered version',
      value: connector('a', withSpec({ typeVersion: '1.9' })),
      expected: ['spec.typeVersion TypeVersionUnknown'],
    },
    {
      why: 'a fraction',
      value: connector('a', withSpec({ typeVersion: 1.1 })),
      expected: ['spec.typeVersion TypeVersionUnquoted'],
    },
    {
      why: 'a URL as type',
      value: connector('a', withSpec({ type: 'https://types.example/a' })),
      expected: ['spec.type ConnectorKeyRequired'],
    },
    {
      why: 'bad config, each breach',
      value: connector('a', withSpec({ config: { count: -1, wrong: 1 } })),
      expected: ['spec.config.wrong ConfigInvalid', 'spec.config.count ConfigInvalid'],
    },
    {
      why: 'port as text',
      value: connector('a', mailbox, withSpec({ config: { host: 'x', port: '993' } })),
      expected: ['spec.config.port ConfigInvalid'],
    },
    {
      why: 'an unknown credentials mode',
      value: connector('a', withSpec({ credentials: { mode: 'magic' as never } })),
      expected: ['spec.credentials.mode SchemaInvalid'],
    },
    {
      why: 'a value instead of a reference',
      value: connector('a', withSpec({ credentials: { mode: 'none', password: 'hunter22' } as never })),
      expected: ['spec.credentials.password UnknownField', 'spec.credentials.password PlainSecret'],
    },
    {
      why: 'faults of several parts, in one pass',
      value: connector('a', withSpec({ schedule: { every: 'x' }, config: {}, execution: { runner: 'pod' } })),
      expected: ['spec.schedule.every SchemaInvalid', 'spec.config.count ConfigInvalid', 'spec.execution.runner RunnerUnavailable'],
    },
    {
      why: 'a file provider that is led out of its folder',
      value: connector(
        'a',
        withSpec({ credentials: { mode: 'secretRef', secretRef: { provider: 'file', name: '../x', keys: { token: '/etc/shadow' } } } }),
      ),
      expected: [
        'spec.credentials.secretRef.name CredentialReferenceInvalid',
        'spec.credentials.secretRef.keys.token CredentialReferenceInvalid',
      ],
    },
    {
      why: 'env without a mapping to CONNECTOR_SECRET_ variables',
      value: connector('a', withSpec({ credentials: { mode: 'secretRef', secretRef: { provider: 'env', name: 'x' } } })),
      expected: ['spec.credentials.secretRef CredentialReferenceInvalid'],
    },
  ])(
    '[HARD-19.3-1, HARD-19.3-2, HARD-19.3-3, HARD-19.3-4, REQ-CONNEC-0102, HARD-19.3-5, REQ-CONNEC-0100, HARD-19.3-7, HARD-19.3-8, CI-1.R1, HARD-3.2-2, HARD-19.8-5, HARD-19.3-10, HARD-19.3-11, HARD-19.10-2] refused: $why',
    ({ value, expected }) => {
      expect(told(value)).toEqual(expected);
    },
  );

  test('the type that is unknown is named, with those that there are', () => {
    const admission = judge(connector('a', withSpec({ type: 'nothing' })));
    expect(admission).toMatchObject({
      findings: [{ message: expect.stringContaining('"nothing"'), hint: expect.stringContaining('counter, mailbox') }],
    });
    expect(told(connector('a'), { catalog: new Catalog([]) })).toEqual(['spec.type TypeUnknown']);
  });

  test('[HARD-19.8-5] an update may change neither owner nor project nor type', () => {
    const previous = () => ({ owner: group, projectId: 'p1', connectorKey: 'mailbox' });
    expect(told(connector('a'), { previous })).toEqual([
      'spec.owner FieldImmutable',
      'spec.projectId FieldImmutable',
      'spec.type FieldImmutable',
    ]);
    const same = { owner: { ...group, id: group.id.toUpperCase() }, projectId: undefined, connectorKey: 'counter' };
    expect(told(connector('a', withSpec({ owner: group })), { previous: () => same })).toEqual([]);
  });

  test('the verdict knows the key of the document that it refuses', () => {
    expect(judge(connector('a', withMetadata({ namespace: 'pay' }), withSpec({ typeVersion: 9 })))).toMatchObject({
      identity: { namespace: 'pay', name: 'a' },
    });
  });
});

describe('secrets', () => {
  const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIE';
  test.each([
    { why: 'a writeOnly property', config: { host: 'x', pin: 'canary-1' }, at: 'spec.config.pin' },
    { why: 'a name that means nothing else', config: { host: 'x', api_key: 'canary-1' }, at: 'spec.config.api_key' },
    { why: 'a private key anywhere', config: { host: pem }, at: 'spec.config.host' },
    { why: 'a token with a known prefix', config: { host: 'x', mailbox: `ghp_${'a1'.repeat(18)}` }, at: 'spec.config.mailbox' },
    { why: 'a password in a URL', config: { host: 'x', mailbox: 'imap://me:canary-1@host' }, at: 'spec.config.mailbox' },
  ])('[HARD-19.4-1, HARD-19.10-2] $why is refused, and its value goes no further', ({ config, at }) => {
    const admission = judge(connector('a', mailbox, withSpec({ config })));
    if (isAccepted(admission)) throw new Error('accepted');
    expect(admission.findings).toContainEqual(expect.objectContaining({ path: at, reason: 'PlainSecret' }));
    const shown = JSON.stringify(admission);
    for (const value of Object.values(config)) if (value !== 'x') expect(shown).not.toContain(JSON.stringify(value).slice(1, -1));
  });

  test.each([
    {
      why: 'a name with a prefix, deep inside',
      at: 'spec.config.filter.db_password',
      spec: { config: { host: 'x', filter: { db_password: 'canary-1' } } },
    },
    { why: 'a field that the spec does not have', at: 'spec.password', spec: { password: 'canary-1' } },
    {
      why: 'a field beside those of a reference',
      at: 'spec.credentials.secretRef.value',
      spec: { credentials: { mode: 'secretRef', secretRef: { provider: 'file', name: 'x', value: 'canary-1' } } },
    },
    {
      why: 'a text where a reference belongs',
      at: 'spec.credentials.secretRef',
      spec: { credentials: { mode: 'secretRef', secretRef: 'canary-1' } },
    },
    {
      why: 'a text where sealed values belong',
      at: 'spec.credentials.encrypted',
      spec: { credentials: { mode: 'encrypted', encrypted: 'canary-1' } },
    },
  ])('[HARD-19.4-1] $why is masked in the refused document that is kept', ({ at, spec }) => {
    const admission = judge(connector('a', mailbox, withSpec(spec as never)));
    if (isAccepted(admission)) throw new Error('accepted');
    expect(admission.findings).toContainEqual(expect.objectContaining({ path: at, reason: 'PlainSecret' }));
    expect(JSON.stringify(admission)).not.toContain('canary-1');
  });

  test('names under the keys of a reference are no secrets', () => {
    const keys = { password: 'password', token: 'CONNECTOR_SECRET_X' };
    const credentials = { mode: 'secretRef' as const, secretRef: { provider: 'file', name: 'x', keys } };
    expect(told(connector('a', mailbox, withSpec({ credentials }))).filter((one) => one.includes('PlainSecret'))).toEqual([]);
  });

  test('[HARD-19.4-1] of a document of unknown type no text of config is kept', () => {
    const admission = judge(connector('a', withSpec({ type: 'nothing', config: { a: 'canary-1', n: 1 } })));
    expect(admission).toMatchObject({ masked: { spec: { config: { a: '[redacted]', n: 1 } } } });
  });

  test('what only looks like a secret is let through', () => {
    const config = { host: 'x', mailbox: 'https://example.com/path:8080@home', filter: { fromAllowlist: ['token@example.com'] } };
    expect(told(connector('a', mailbox, withSpec({ config })))).toEqual([]);
  });
});

describe('policy', () => {
  test('operations of the type and known actions are taken, coarse ones with a warning', () => {
    const policy = {
      policyTemplate: 'read-only',
      allowOperations: ['readInbox'],
      actionScope: ['connector.read', 'connector.operation.read'],
    };
    expect(told(connector('a', mailbox, withSpec({ policy })))).toEqual(['spec.policy.actionScope[0] ActionDeprecated']);
  });

  test('[HARD-19.6-1] free-form rules are no part of a document', () => {
    expect(told(connector('a', withSpec({ policy: { rules: ['permit all'] } as never })))).toEqual(['spec.policy.rules UnknownField']);
  });

  test('an action beyond the ceiling is refused, also behind its coarse name', () => {
    const policy = { actionScope: ['connector.send'] };
    const ceiling = () => ({ actions: new Set(['connector.operation.read']) });
    expect(told(connector('a', mailbox, withSpec({ policy })), { ceiling })).toContain('spec.policy.actionScope[0] PolicyCeilingExceeded');
  });
});

test('the types of these tests are good by themselves', () => {
  expect(TEST_TYPES.map(({ key }) => key)).toEqual(['counter', 'mailbox']);
});
