import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { printYaml } from '../../../../schemas/print-yaml.ts';
import { connector, connectorType, withMetadata, withSpec } from '../../../gen/documents.ts';
import { type Json, type RunningController, runCaptured, runningController, tokenOf } from '../../../gen/running-controller.ts';

let api: RunningController;
beforeAll(async () => {
  api = await runningController([connectorType('counter')]);
});
afterAll(() => api.stop());

const settled = (name: string) =>
  api.until(
    `/v1/namespaces/default/connectors/${name}`,
    ({ status, body }) => status === 200 && body.status.observedGeneration === body.metadata.generation,
  );
async function file(name: string, ...documents: unknown[]): Promise<string> {
  const place = join(api.dataFolder, name);
  await writeFile(place, documents.map((one) => (typeof one === 'string' ? one : printYaml(one))).join('---\n'));
  return place;
}

describe('connectorctl', () => {
  it('applies, shows, diffs and deletes; stdout carries data only', async () => {
    const place = await file('mail.yaml', connector('mail', withMetadata({ labels: { team: 'a' } })));
    expect(await api.ctl('diff', '-f', place)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('connector/mail (namespace default)'),
      stderr: '',
    });
    expect(await api.ctl('apply', '-f', place)).toEqual({ code: 0, stdout: 'connector/mail created\n', stderr: '' });
    await settled('mail');
    expect(await api.ctl('diff', '-f', place)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await api.ctl('apply', '-f', place, '--dry-run')).toMatchObject({ code: 0, stdout: 'connector/mail unchanged (dry run)\n' });
    const list = JSON.parse((await api.ctl('get', 'connectors', '-o', 'json')).stdout);
    expect(list).toMatchObject({
      apiVersion: 'v1',
      kind: 'List',
      items: [{ kind: 'Connector', metadata: { name: 'mail' }, status: { phase: 'active' } }],
    });
    expect(JSON.parse((await api.ctl('get', 'connector', 'mail', '-o', 'json')).stdout)).toMatchObject({
      kind: 'Connector',
      spec: { type: 'counter' },
    });
    expect((await api.ctl('get', 'con')).stdout).toMatch(/^NAME +READY +PHASE .*\nmail +True +active +counter +- +- +\d+s\n$/);
    expect((await api.ctl('get', 'con', '-o', 'wide')).stdout).toMatch(/REASON +INSTANCE\nmail .* [0-9a-f-]{36}\n$/);
    expect((await api.ctl('get', 'con', '-A')).stdout).toMatch(/^NAMESPACE +NAME/);
    expect((await api.ctl('get', 'con', '-o', 'name', '-l', 'team=a')).stdout).toBe('connector/mail\n');
    expect(await api.ctl('get', 'con', '-l', 'team=b')).toEqual({ code: 0, stdout: '', stderr: 'No connectors found.' });
    expect(await api.ctl('get', 'con', '-o', 'name', '-l', 'team=b')).toEqual({ code: 0, stdout: '', stderr: '' });
    const yaml = (await api.ctl('get', 'con', 'mail', '-o', 'yaml')).stdout;
    expect((await api.ctl('apply', '-f', await file('back.yaml', yaml))).code).toBe(0);
    expect((await settled('mail')).body.metadata.generation).toBe(1);
    expect(await api.ctl('delete', 'connector', 'mail')).toEqual({ code: 0, stdout: 'connector/mail deleted\n', stderr: '' });
  });

  it('[HARD-19.5-3] applies folders at any depth, takes what is good, tells each finding, and exits 1', async () => {
    await mkdir(join(api.dataFolder, 'tree', 'deep'), { recursive: true });
    await file('tree/one.yaml', connector('tree-one'), connector('tree-bad', withSpec({ config: { count: -1 } })));
    await file('tree/deep/two.json', JSON.stringify(connector('tree-two')));
    const done = await api.ctl('apply', '-f', join(api.dataFolder, 'tree'));
    expect([done.code, done.stdout]).toEqual([1, 'connector/tree-two created\nconnector/tree-one created\n']);
    expect(done.stderr).toMatch(/tree\/one\.yaml:\d+:\d+: spec\.config\.count: ConfigInvalid: .+ \(.+\)/);
    expect(done.stderr).toContain('connectorctl: 1 not taken');
    const asJson = await api.ctl('apply', '-f', join(api.dataFolder, 'tree'), '-o', 'json');
    expect(JSON.parse(asJson.stdout).results.map((result: Json) => result.outcome)).toEqual(['unchanged', 'unchanged', 'refused']);
  });

  it('tells a conflict with its source, and an unreadable file as wrong usage', async () => {
    await writeFile(join(api.folder, 'owned.yaml'), printYaml(connector('owned')));
    await settled('owned');
    const clash = await api.ctl('apply', '-f', await file('clash.yaml', connector('owned', withSpec({ config: { count: 9 } }))));
    expect(clash.code).toBe(1);
    expect(clash.stderr).toContain(`SourceConflict: Connector default/owned belongs to source folder:${api.folder}`);
    const kept = await api.ctl('delete', 'connector', 'owned');
    expect([kept.code, kept.stdout]).toEqual([1, '']);
    expect(kept.stderr).toContain('SourceConflict');
    expect(await api.ctl('apply', '-f', '/nowhere.yaml')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'connectorctl: cannot read /nowhere.yaml: ENOENT',
    });
    const broken = await api.ctl('diff', '-f', await file('broken.yaml', 'a: [\n'));
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(/broken\.yaml:\d+:\d+: document: SyntaxInvalid/);
  });

  it('describes with conditions, hints, revisions, runs and audit', async () => {
    await api.ctl('apply', '-f', await file('told.yaml', connector('told')));
    await settled('told');
    const bad = connector('told-bad', withSpec({ config: { count: -1 } }));
    await writeFile(join(api.folder, 'told-bad.yaml'), printYaml(bad));
    await settled('told-bad');
    const good = (await api.ctl('describe', 'connector', 'told')).stdout;
    expect(good).toMatch(/^Name: +told\n/);
    for (const section of ['Conditions:', 'Revisions:', 'Audit:']) expect(good).toContain(`${section}\n`);
    expect(good).toContain('operator op  connector.spec.apply  accepted');
    const refused = await api.ctl('describe', 'connector', 'told-bad');
    expect(`${refused.stdout}${refused.stderr}`).toMatch(/Admitted +False +ConfigInvalid: .*\n +-> .+/);
    const run = await api.ctl('run', 'told-bad');
    expect([run.code, run.stderr]).toEqual([
      1,
      expect.stringContaining('RunRefused: default/told-bad cannot run: no revision of it was accepted yet'),
    ]);
    const metrics = (await api.ask('GET', '/metrics')).text;
    expect(metrics).toMatch(/connector_documents_total\{outcome="refused"\} [1-9]/);
  });

  it('runs, waits, cancels, lists runs, logs and events', async () => {
    await api.ctl('apply', '-f', await file('worker.yaml', connector('worker')));
    await settled('worker');
    expect(await api.ctl('runs', 'worker')).toEqual({ code: 0, stdout: '', stderr: 'No runs yet.' });
    expect((await api.ctl('logs', 'worker')).code).toBe(1);
    const waiting = api.ctl('run', 'worker', '--wait');
    await api.until('/v1/namespaces/default/connectors/worker/runs', ({ body }) => body.items.length === 1);
    expect(await api.ctl('cancel', 'worker')).toMatchObject({ code: 0, stdout: '' });
    const waited = await waiting;
    expect(waited.code).toBe(1);
    expect(waited.stderr).toContain('cancelled');
    const { items } = JSON.parse((await api.ctl('runs', 'worker', '-o', 'json')).stdout);
    expect(items).toMatchObject([{ state: 'cancelled', trigger: 'manual', recordsEmitted: 0, streams: [] }]);
    expect(waited.stdout).toBe(`${items[0].id}\n`);
    expect((await api.ctl('runs', 'worker', '--limit', '1')).stdout).toMatch(/^ID +STATE .*\n.* cancelled +/);
    expect((await api.ctl('events', 'worker')).stdout).toMatch(/^AT +ATTEMPT +TYPE +DATA\n/);
    await api.database.pool.query(
      `insert into run_logs (connector_instance_id, run_id, attempt, log, bytes_observed) select connector_instance_id, run_id, 1, $1, 9 from runs where run_id = $2`,
      ['one\ntwo', items[0].id],
    );
    expect((await api.ctl('logs', 'worker', '-f')).stdout).toBe('one\ntwo\n');
    expect((await api.ctl('logs', 'worker', '--run', items[0].id)).stdout).toBe('one\ntwo\n');
  });

  it('pauses and resumes what has a schedule, and says when there is nothing to pause', async () => {
    await api.ctl(
      'apply',
      '-f',
      await file('timed.yaml', connector('timed', withSpec({ schedule: { every: '1h', suspend: true } })), connector('untimed')),
    );
    await settled('timed');
    await settled('untimed');
    expect(await api.ctl('pause', 'timed')).toEqual({ code: 0, stdout: 'connector/timed paused\n', stderr: '' });
    expect(await api.ctl('resume', 'default/timed')).toEqual({ code: 0, stdout: 'connector/timed resumed\n', stderr: '' });
    const nothing = await api.ctl('pause', 'untimed');
    expect([nothing.code, nothing.stdout]).toEqual([0, 'connector/untimed unchanged\n']);
    expect(nothing.stderr).toContain('no schedule');
  });

  it('issues a token, alone on stdout, that works until it is revoked', async () => {
    const issued = await api.ctl(
      'token',
      'create',
      'nightly',
      '--kind',
      'owner_agent',
      '--owner',
      'user/6f1c2a52-6a0e-4c7e-9a54-0d8c1f2b3a10',
      '--ttl',
      '600',
    );
    const token = issued.stdout.trimEnd();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(issued.stderr).not.toContain(token);
    const as = (...args: string[]) => runCaptured(args, { CONNECTOR_SERVER: api.controller.server, CONNECTOR_TOKEN: token });
    expect((await as('get', 'con', '-o', 'name')).code).toBe(0);
    const refused = await as('token', 'list');
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('Forbidden');
    const row = (await api.ctl('token', 'list')).stdout.split('\n').find((line) => line.includes('nightly')) ?? '';
    expect(row).toMatch(/owner_agent +nightly +user\/6f1c2a52.* valid$/);
    const id = row.split(' ')[0] ?? '';
    expect((await api.ctl('token', 'revoke', id)).stdout).toBe(`token/${id} revoked\n`);
    expect((await as('get', 'con')).stderr).toContain('Unauthenticated');
    expect((await api.ctl('token', 'create', 'x', '--kind', 'owner_agent')).code).toBe(1);
    expect((await api.ctl('token', 'create', 'x', '--kind', 'client', '--owner', 'alice')).code).toBe(2);
  });

  it('lists types, sources and audit; an owner sees the audit of its own connector', async () => {
    expect((await api.ctl('types')).stdout).toMatch(/\ncounter +1\.0\.0 +items +- +folder +counter\n/);
    expect((await api.ctl('get', 'types', '-o', 'name')).stdout).toContain('type/counter\n');
    expect((await api.ctl('types', 'nothing')).code).toBe(1);
    expect((await api.ctl('get', 'sources')).stdout).toContain('upload');
    await api.ctl('apply', '-f', await file('audited.yaml', connector('audited')));
    await settled('audited');
    expect((await api.ctl('audit', 'audited')).stdout).toMatch(/operator\/op +connector\.spec\.apply +accepted +default\/audited/);
    const owner = await runCaptured(['--token', tokenOf('alice'), '--server', api.controller.server, 'audit', 'audited'], {});
    expect(owner.stdout).toContain('connector.spec.apply');
    expect((await runCaptured(['--token', tokenOf('alice'), '--server', api.controller.server, 'audit'], {})).stderr).toContain(
      'Forbidden',
    );
  });

  it('watches: what there is once, then changes, and says when the server stops', async () => {
    await api.ctl('apply', '-f', await file('watched.yaml', connector('watched', withMetadata({ labels: { watched: 'yes' } }))));
    const other = await runningController([connectorType('counter')]);
    await other.ctl('apply', '-f', await file('there.yaml', connector('there')));
    const watching = other.ctl('get', 'con', '-w', '-o', 'name');
    await other.ctl('apply', '-f', await file('later.yaml', connector('later')));
    await other.until('/v1/namespaces/default/connectors/later', ({ body }) => body.status?.observedGeneration === 1);
    await other.stop();
    const { code, stdout, stderr } = await watching;
    expect(code).not.toBe(0);
    expect(stdout.split('\n')[0]).toBe('connector/there');
    expect(stderr).toMatch(/ended/);
  });

  it('completes commands, kinds and names', async () => {
    const complete = async (...words: string[]) => (await api.ctl('__complete', '--', ...words)).stdout.split('\n');
    expect(await complete()).toEqual(expect.arrayContaining(['get', 'apply', 'token']));
    expect(await complete('get')).toEqual(['connectors', 'types', 'sources', '']);
    expect(await complete('token')).toEqual(['create', 'list', 'revoke', '']);
    expect(await complete('run')).toContain('audited');
    expect(await complete('describe', 'connector')).toContain('audited');
    expect(await complete('runs', 'audited')).toContain('--limit');
  });
});

describe('validate', () => {
  it('says nothing on stdout for a good document, and one line a finding for others, with the path as it was given', async () => {
    const good = await file('fine.yaml', connector('fine'));
    expect(await api.ctl('validate', '-f', good)).toEqual({ code: 0, stdout: '', stderr: `${good}: valid` });
    const bad = await file('wrong.yaml', connector('wrong', withSpec({ config: { count: -1, extra: true } })));
    const told = await api.ctl('validate', '-f', bad);
    expect(told.code).toBe(1);
    const lines = told.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/wrong\.yaml:\d+:\d+: spec\.config\.\w+: \w+: .+ \(.+\)$/);
    expect(lines[0]?.startsWith(`${bad}:`)).toBe(true);
    const piped = await runCaptured(['validate', '-f', '-'], { CONNECTOR_TYPES: '' }, 'kind: [\n');
    expect([piped.code, piped.stdout]).toEqual([1, expect.stringMatching(/^stdin:\d+:\d+: document: SyntaxInvalid/)]);
  });
});
