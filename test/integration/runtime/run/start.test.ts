import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SecretBundle } from '../../../../runtime/credentials/secret-bundle.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { echoStart, startOf } from '../../../gen/executable-run.ts';
import { type Executor, openExecutor, type RunRequest } from '../../../gen/executor.ts';
import { record, stream } from '../../../gen/protocol.ts';

let database: TestDatabase;
let executor: Executor;
beforeAll(async () => {
  database = await createDatabase();
  executor = await openExecutor(database.url);
});
afterAll(async () => {
  await executor.close();
  await database.drop();
});

const nothing = [{ type: 'DONE', status: 'succeeded', records_emitted: 0 }];
const state = (name: string, cursor: unknown) => ({ type: 'STATE', stream: name, cursor });
const three = { streams: ['a', 'b', 'c'].map((name) => stream({ name })) };

describe('START', () => {
  test('[RT-1.R1, PROTO-4, RT-1.1] is one line with every member; without a scope it names all streams of the manifest', async () => {
    const script = `read -r start; printf "%s\\n" "$start" >&2; cat "$OUT"; read -r more; echo "then: $more" >&2`;
    const ran = await executor.run({ output: nothing, script, type: three });
    expect(ran.row.state).toBe('succeeded');
    expect(startOf(ran)).toEqual({
      type: 'START',
      run_id: ran.key.runId,
      collection_mode: 'incremental',
      bindings: { network: {}, filesystem: {} },
      state: null,
      scope: { streams: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
    });
    expect(ran.log?.log.split('\n')[1]).toBe('then: ');
  });

  test('[RT-1.R2, RT-1.3] carries stored cursors by stream, exactly, and the union of fields', async () => {
    const cursors = ['{"n":9007199254740993}', '{"d":0.123456789012345678901234567890}'];
    const output = `{"type":"STATE","stream":"a","cursor":${cursors[0]}}\n{"type":"STATE","stream":"b","cursor":${cursors[1]}}\n${JSON.stringify(nothing[0])}\n`;
    const first = await executor.run({ output, type: three });
    const streams = [{ name: 'a', fields: ['text', 'id'], timeRange: { since: '2026-01-01T00:00:00Z' } }, { name: 'b' }];
    const second = await executor.run({
      output: nothing,
      script: echoStart,
      type: three,
      instance: first.key.connectorInstanceId,
      spec: { collection: { streams } },
    });
    expect([first.row.message, second.row.message]).toEqual([null, null]);
    expect(second.log?.log).toContain(`"state":{"a":${cursors[0]},"b":${cursors[1]}}`);
    expect(startOf(second)['scope']).toEqual({
      streams: [{ name: 'a', fields: ['text', 'id', 'at'], time_range: { since: '2026-01-01T00:00:00Z' } }, { name: 'b' }],
    });
  });

  test('[RT-3.2] has no state with persistence off, and nothing is committed', async () => {
    const first = await executor.run({ output: [state('items', { at: 1 }), ...nothing] });
    const second = await executor.run({
      output: [state('items', { at: 2 }), ...nothing],
      script: echoStart,
      instance: first.key.connectorInstanceId,
      spec: { collection: { accessMode: 'single_use' } },
    });
    expect(startOf(second)['state']).toBeNull();
    expect(second.row.state).toBe('succeeded');
    expect(second.checkpoint).toMatchObject({ commit_status: 'disabled', staged: 1, committed: 0 });
    expect(second.cursors).toEqual({ items: '{"at":1}' });
  });

  test('[CI-4.1, CI-4.2] is of one instance only, and so are its records and cursors', async () => {
    const connectorKey = 'shared-type';
    const a = await executor.run({ connectorKey, output: [record(), state('items', { of: 'a' }), { ...nothing[0], records_emitted: 1 }] });
    const b = await executor.run({
      connectorKey,
      script: echoStart,
      output: [record({ data: { id: '1', text: 'b' } }), state('items', { of: 'b' }), { ...nothing[0], records_emitted: 1 }],
    });
    expect(startOf(b)['state']).toBeNull();
    const deleting = [record({ op: 'delete', data: undefined }), { ...nothing[0], records_emitted: 1 }];
    const gone = await executor.run({ output: deleting, script: echoStart, instance: a.key.connectorInstanceId });
    expect(startOf(gone)['state']).toEqual({ items: { of: 'a' } });
    expect(gone.records).toMatchObject([{ key: '1', deleted: true }]);
    const again = await executor.run({ output: nothing, instance: b.key.connectorInstanceId });
    expect(again.records).toEqual([{ stream: 'items', key: '1', data: '{"id":"1","text":"b"}', deleted: false }]);
    expect(again.cursors).toEqual({ items: '{"of":"b"}' });
  });
});

const scoped = (streams: readonly unknown[]): NonNullable<RunRequest['spec']> =>
  ({ collection: { streams } }) as NonNullable<RunRequest['spec']>;
const refusals: readonly [title: string, request: RunRequest, reason: string, told: RegExp][] = [
  ['a manifest without streams', { type: { streams: [] } }, 'manifest_invalid', /streams/],
  ['an empty scope', { spec: scoped([]) }, 'scope_invalid', /streams_empty/],
  ['a wildcard', { spec: scoped([{ name: '*' }]) }, 'scope_invalid', /./],
  ['an undeclared stream', { spec: scoped([{ name: 'other' }]) }, 'scope_invalid', /other/],
  ['a view', { spec: scoped([{ name: 'items', view: 'all' }]) }, 'scope_invalid', /view/],
  ['a necessity', { spec: scoped([{ name: 'items', necessity: 'must' }]) }, 'scope_invalid', /necessity/],
  ['resources that name nothing', { spec: scoped([{ name: 'items', resources: [] }]) }, 'scope_invalid', /resources/],
  ['a field that does not exist', { spec: scoped([{ name: 'items', fields: ['nope'] }]) }, 'scope_invalid', /nope|fields/],
  [
    'a time range that ends before it begins',
    { spec: scoped([{ name: 'items', timeRange: { since: '2026-02-01', until: '2026-01-01' } }]) },
    'scope_invalid',
    /time_range/,
  ],
  [
    'a binding that nobody knows',
    { type: { runtime: { protocol: 'pdpp', bindings: { teleport: { required: true } } } } },
    'binding_unsatisfied',
    /teleport/,
  ],
  [
    'interaction, which nobody handles here',
    { type: { runtime: { protocol: 'pdpp', bindings: { interactive: { required: true } } } } },
    'binding_unsatisfied',
    /interactive/,
  ],
  ['a protocol that is not spoken here', { type: { runtime: { protocol: 'singer' } } }, 'UnsupportedProtocol', /singer/],
  [
    'a secret that is not there',
    {
      type: { auth: { kind: 'static_secret', fields: [{ name: 'token', env: 'TOKEN' }] } },
      spec: { credentials: { mode: 'secretRef', secretRef: { provider: 'env', name: 'x', keys: { token: 'CONNECTOR_SECRET_ABSENT' } } } },
    },
    'CredentialUnavailable',
    /CONNECTOR_SECRET_ABSENT/,
  ],
  ['a program that is not there', { command: ['./absent'] }, 'LaunchFailed', /absent/],
];

describe('a refusal', () => {
  test.each(refusals)('[RT-1.1, RT-1.2, PROTO-3, PROTO-5] for %s comes before any process', async (_title, request, reason, told) => {
    let launches = 0;
    const { sandbox } = executor.parts;
    const launch: typeof sandbox.launch = (spec) => {
      launches++;
      return sandbox.launch(spec);
    };
    const ran = await executor.run({ output: nothing, ...request, parts: { sandbox: { ...sandbox, launch } } });
    expect(ran.row).toMatchObject({ state: 'failed', reason, message: expect.stringMatching(told) });
    expect(ran.row['dead_lettered_at']).toBeNull();
    expect(ran.events.map(({ type }) => type)).toEqual(['run.failed']);
    if (reason !== 'LaunchFailed') expect(launches).toBe(0);
    expect(ran.alive).toEqual([]);
  });

  test('[RT-1.R2] for a stored cursor of the wrong shape stops the launch', async () => {
    const first = await executor.run({ output: nothing });
    const { connectorInstanceId } = first.key;
    await database.pool.query(
      `insert into checkpoints (connector_instance_id, stream, cursor, run_id, epoch) values ($1, 'items', '"text"', $1, 1)`,
      [connectorInstanceId],
    );
    const ran = await executor.run({ output: nothing, instance: connectorInstanceId });
    expect(ran.row).toMatchObject({ state: 'failed', reason: 'stored_state_invalid' });
  });

  test('[PROTO-3] an optional binding that is not there is left out', async () => {
    const bindings = { filesystem: { required: true }, interactive: { required: false } };
    const ran = await executor.run({ output: nothing, script: echoStart, type: { runtime: { protocol: 'pdpp', bindings } } });
    expect(startOf(ran)['bindings']).toEqual({ network: {}, filesystem: {} });
  });

  test('a type whose folder is gone is unavailable', async () => {
    const ran = await executor.run({
      output: nothing,
      before: (run) => Object.assign(run.typeOrigin, { folder: '/nowhere/at/all' }) as unknown as void,
    });
    expect(ran.row).toMatchObject({ state: 'failed', reason: 'TypeUnavailable' });
  });
});

describe('credentials', () => {
  const auth = {
    kind: 'static_secret' as const,
    fields: [
      { name: 'username', env: 'APP_USER', sensitive: false },
      { name: 'password', env: 'APP_PASSWORD' },
    ],
  };
  const keys = { username: 'CONNECTOR_SECRET_USER', password: 'CONNECTOR_SECRET_TOKEN' };
  const spec: NonNullable<RunRequest['spec']> = { credentials: { mode: 'secretRef', secretRef: { provider: 'env', name: 'app', keys } } };

  test('[HARD-19.3-12] reach the child under the names of the type, through the keys of the document', async () => {
    const script = 'read start; echo "$APP_USER and ${#APP_PASSWORD} characters, as $APP_PASSWORD" >&2; cat "$OUT"';
    const ran = await executor.run({ output: nothing, script, type: { auth }, spec });
    expect(ran.row.state).toBe('succeeded');
    // 18 characters in bytes: dash counts those.
    expect(ran.log?.log).toMatch(/^someone@example and 1[89] characters, as \[redacted\]\n$/);
  });

  test('are zeroed in the runtime once the child has them', async () => {
    const { credentials, journal } = executor.parts;
    const resolved: SecretBundle[] = [];
    const left: string[][] = [];
    const parts: NonNullable<RunRequest['parts']> = {
      credentials: {
        resolve: async (...asked) => {
          const bundle = await credentials.resolve(...asked);
          resolved.push(bundle);
          return bundle;
        },
      },
      journal: {
        ...journal,
        begin: async (key, event) => {
          left.push(...resolved.map((bundle) => bundle.fields()));
          await journal.begin(key, event);
        },
      },
    };
    const ran = await executor.run({ output: nothing, type: { auth }, spec, parts });
    expect(ran.row.state).toBe('succeeded');
    expect(left).toEqual([[]]);
  });

  test("[CI-31.R2] win over the type's own variables", async () => {
    const script = 'read start; echo "user $APP_USER in $CONNECTOR_BASEDIR" >&2; cat "$OUT"';
    const type = { auth, runtime: { protocol: 'pdpp' as const, env: { APP_USER: '' } } };
    const ran = await executor.run({ output: nothing, script, type, spec });
    expect(ran.log?.log).toBe(`user someone@example in ${executor.folder}\n`);
  });
});
