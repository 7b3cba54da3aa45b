import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { printYaml } from '../../../../schemas/print-yaml.ts';
import { connector, connectorType, withMetadata, withSpec } from '../../../gen/documents.ts';
import { type Json, type RunningController, runningController } from '../../../gen/running-controller.ts';

let api: RunningController;
beforeAll(async () => {
  api = await runningController([connectorType('counter')]);
});
afterAll(() => api.stop());

const apply = (body: unknown, query = '', headers = {}) => api.ask('POST', `/v1/specs:apply${query}`, { body, headers });
const path = (name: string) => `/v1/namespaces/default/connectors/${name}`;
const get = (name: string) => api.ask('GET', path(name));
const settled = (name: string, generation = 1) => api.until(path(name), ({ body }) => body.status?.observedGeneration === generation);
const conditionOf = (body: Json, type: string) => body.status.conditions.find((one: Json) => one.type === type);
const many = (...documents: unknown[]) => documents.map((one) => (typeof one === 'string' ? one : printYaml(one))).join('---\n');
const everyRow = async (): Promise<string> => {
  const { rows: tables } = await api.database.pool.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  );
  const texts = await Promise.all(
    tables.map(async ({ name }) => JSON.stringify((await api.database.pool.query(`select * from ${name}`)).rows)),
  );
  return texts.join('\n');
};

describe('apply', () => {
  it('[HARD-19.1-1, HARD-19.10-1] validates, stores with a version, and answers acceptance; convergence is told in the status', async () => {
    const { status, body } = await apply(connector('first'));
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      {
        kind: 'Connector',
        name: 'first',
        outcome: 'created',
        generation: 1,
        revision: expect.stringMatching(/^[0-9a-f]{64}$/),
        resource_version: expect.any(String),
      },
    ]);
    const { body: shown } = await settled('first');
    expect(conditionOf(shown, 'Ready')).toMatchObject({ status: 'True', observedGeneration: 1 });
    expect(shown.status.revision).toBe(body.results[0].revision);
    expect((await apply(connector('first'))).body.results).toMatchObject([{ outcome: 'unchanged', generation: 1 }]);
    expect((await apply(connector('first', withSpec({ config: { count: 4 } })))).body.results).toMatchObject([
      { outcome: 'configured', generation: 2 },
    ]);
  });

  it('[HARD-19.1-2] ignores status and what else the server sets', async () => {
    const document = {
      ...connector('claims', withMetadata({ uid: 'mine', generation: 99 })),
      status: { phase: 'active', instanceId: 'mine', lastRun: { state: 'succeeded' } },
    };
    expect((await apply(document)).status).toBe(200);
    const { body } = await settled('claims');
    expect(body.metadata).toMatchObject({ generation: 1 });
    expect(body.metadata.uid).not.toBe('mine');
    expect(body.status.instanceId).not.toBe('mine');
    expect(body.status.lastRun).toBeUndefined();
    const { rows } = await api.database.pool.query(`select last_error from connector_instances where name = 'claims'`);
    expect(rows).toEqual([{ last_error: null }]);
  });

  it('[HARD-19.3-17] takes JSON and YAML as one: same revision, nothing to change', async () => {
    const created = await apply(printYaml(connector('twin')));
    const again = await apply(connector('twin'));
    expect(again.body.results).toMatchObject([{ outcome: 'unchanged', revision: created.body.results[0].revision }]);
  });

  it('[HARD-19.5-3] takes each document of a file or says on its own what is wrong with it', async () => {
    const text = many(
      connector('good-one'),
      connector('bad', withSpec({ config: { count: -1 } })),
      'kind: [broken\n',
      connector('good-two'),
    );
    const { status, body } = await apply(text, '?file=many.yaml');
    expect(status).toBe(422);
    expect(body.error).toMatchObject({ reason: 'DocumentsRefused', details: { refused: 2, total: 4 } });
    expect(body.error.details.results.map(({ name, outcome }: Json) => [name, outcome])).toEqual([
      ['good-one', 'created'],
      ['bad', 'refused'],
      ['good-two', 'created'],
      ['(unnamed)', 'refused'],
    ]);
    const [bad, broken] = body.error.details.findings;
    expect(bad).toMatchObject({
      file: 'many.yaml',
      reason: 'ConfigInvalid',
      path: 'spec.config.count',
      line: expect.any(Number),
      hint: expect.any(String),
    });
    expect(broken).toMatchObject({ file: 'many.yaml', reason: 'SyntaxInvalid', line: expect.any(Number) });
    for (const name of ['good-one', 'good-two']) expect((await settled(name)).status).toBe(200);
    expect((await get('bad')).status).toBe(404);
    const { rows } = await api.database.pool.query(
      'select outcome, reason from audit_events where request_id = $1 order by outcome, reason',
      [body.error.request_id],
    );
    expect(rows).toEqual([
      { outcome: 'accepted', reason: null },
      { outcome: 'accepted', reason: null },
      { outcome: 'refused', reason: 'ConfigInvalid' },
      { outcome: 'refused', reason: 'SyntaxInvalid' },
    ]);
  });

  it('[HARD-19.8-5] refuses an invalid update and leaves the stored spec and the running instance as they were', async () => {
    await apply(connector('live'));
    const before = (await settled('live')).body;
    const { status, body } = await apply(connector('live', withSpec({ config: { count: 'many' } })));
    expect(status).toBe(422);
    expect(body.error.details.findings).toMatchObject([{ path: 'spec.config.count', reason: 'ConfigInvalid' }]);
    expect((await get('live')).body).toEqual(before);
    const { rows } = await api.database.pool.query(`select config, revision from connector_instances where name = 'live'`);
    expect(rows).toEqual([{ config: { count: 3 }, revision: before.status.revision }]);
  });

  it('[HARD-19.4-1] refuses a plain secret; its value is in no row, log or answer', async () => {
    const canary = 'hunter2-canary-7f3a';
    const inConfig = connector('leaky', withSpec({ config: { count: 1, password: canary } }));
    const inCredentials = connector(
      'leaky',
      withSpec({ credentials: { mode: 'secretRef', secretRef: { provider: 'env', name: 'x' }, password: canary } as never }),
    );
    const answers: string[] = [];
    for (const document of [inConfig, inCredentials]) {
      for (const verb of ['apply', 'apply?dry_run=true', 'validate', 'diff']) {
        const { status, text } = await api.ask('POST', `/v1/specs:${verb}`, { body: document });
        expect(status).toBe(verb === 'validate' ? 200 : 422);
        answers.push(text);
      }
    }
    expect(answers[0]).toContain('PlainSecret');
    expect((await get('leaky')).status).toBe(404);
    const sheet = printYaml(inConfig);
    const told = await api.ctl('apply', '-f', await file('leaky.yaml', sheet));
    expect(told.code).toBe(1);
    expect(`${answers.join()}${told.stdout}${told.stderr}${api.logged.join()}${await everyRow()}`).not.toContain(canary);
  });

  it('is conditional on a version, in the document or beside it', async () => {
    const version = (await apply(connector('guarded'))).body.results[0].resource_version;
    const now = (await settled('guarded')).body.metadata.resourceVersion;
    const change = (resourceVersion?: string, count = 5) =>
      connector('guarded', withSpec({ config: { count } }), withMetadata({ resourceVersion }));
    for (const answer of [
      await apply(change('1')),
      await apply(change(), '?resource_version=1'),
      await apply(change(now), '?resource_version=1'),
    ])
      expect(answer).toMatchObject({ status: 409, body: { error: { reason: 'ResourceVersionConflict' } } });
    expect((await apply(connector('nowhere', withMetadata({ resourceVersion: version })))).status).toBe(409);
    const current = (await get('guarded')).body.metadata.resourceVersion;
    expect((await apply(change(current))).body.results).toMatchObject([{ outcome: 'configured' }]);
    expect((await apply(change(current, 6))).status).toBe(409);
    expect((await apply(many(connector('a'), connector('b')), '?resource_version=1')).body.error.reason).toBe('RequestInvalid');
  });

  it('gives the first answer to a repeat under one key, and refuses the key for anything else', async () => {
    const key = { 'idempotency-key': 'k-1' };
    const first = await apply(connector('once'), '', key);
    const again = await apply(connector('once'), '', key);
    expect(first.body.results[0].outcome).toBe('created');
    expect(again.body).toEqual(first.body);
    expect(await apply(connector('twice'), '', key)).toMatchObject({ status: 409, body: { error: { reason: 'IdempotencyKeyReused' } } });
    expect((await get('twice')).status).toBe(404);
    const alice = await api.ask('POST', '/v1/specs:apply', { as: 'alice', body: connector('once'), headers: key });
    expect(alice.body.results[0].outcome).toBe('unchanged');
    expect((await apply(connector('long'), '', { 'idempotency-key': 'k'.repeat(256) })).status).toBe(400);
  });

  it('frees the key of a refusal, and of a request whose process died', async () => {
    const key = { 'idempotency-key': 'k-2' };
    const bad = connector('retried', withSpec({ config: { count: -1 } }));
    expect((await apply(bad, '', key)).status).toBe(422);
    expect((await apply(connector('retried'), '', key)).status).toBe(200);
    await api.database.pool.query(`update idempotency_keys set response = null where key = 'k-2'`);
    expect(await apply(connector('retried'), '', key)).toMatchObject({ status: 409, body: { error: { reason: 'IdempotencyInFlight' } } });
    await api.database.pool.query(`update idempotency_keys set created_at = now() - interval '3 minutes' where key = 'k-2'`);
    expect((await apply(connector('retried'), '', key)).body.results[0].outcome).toBe('unchanged');
  });

  it.each([
    ['an empty body', '', 'RequestInvalid'],
    ['a comment alone', '# nothing\n', 'RequestInvalid'],
  ])('refuses %s', async (_, body, reason) => {
    expect(await apply(body)).toMatchObject({ status: 400, body: { error: { reason } } });
  });

  it('judges the bytes that came, so that a bad encoding is told and not mended', async () => {
    const bytes = Buffer.from(printYaml(connector('latin', withSpec({ displayName: 'caf?' }))).replace('?', '\u00e9'), 'latin1');
    const response = await fetch(`${api.controller.server}/v1/specs:validate`, {
      method: 'POST',
      headers: { authorization: 'Bearer token-of-operator-0123456789', 'content-type': 'application/yaml' },
      body: bytes,
    });
    expect(await response.json()).toMatchObject({ valid: false, findings: [{ reason: 'EncodingInvalid' }] });
  });
});

describe('verdicts', () => {
  it('are the same for apply, dry run, validate and the command without a server', async () => {
    const bad = printYaml(connector('judged', withSpec({ typeVersion: 7, schedule: { every: '1s' } })));
    const dry = await apply(bad, '?dry_run=true&file=judged.yaml');
    const real = await apply(bad, '?file=judged.yaml');
    const { body } = await api.ask('POST', '/v1/specs:validate?file=judged.yaml', { body: bad });
    expect(body.valid).toBe(false);
    expect(body.findings.length).toBeGreaterThan(0);
    expect(dry.body.error.details.findings).toEqual(body.findings);
    expect(real.body.error.details.findings).toEqual(body.findings);
    const offline = await api.ctl('validate', '-f', await file('judged.yaml', bad), '-o', 'json');
    expect(JSON.parse(offline.stdout).map(({ file: _, ...rest }: Json) => rest)).toEqual(
      body.findings.map(({ file: _, ...rest }: Json) => rest),
    );
  });

  it('a dry run stores nothing, not even an audit row, and answers the outcome', async () => {
    const before = await everyRow();
    expect((await apply(connector('dry'), '?dry_run=true')).body.results).toMatchObject([{ outcome: 'created', name: 'dry' }]);
    expect((await apply(connector('dry', withSpec({ config: {} })), '?dry_run=true')).status).toBe(422);
    expect(await get('dry')).toMatchObject({ status: 404 });
    expect((await everyRow()).includes('"dry"')).toBe(before.includes('"dry"'));
  });

  it('[CI-2.1] a URL where a key belongs is refused and connector_key named', async () => {
    const url = 'https://registry.example/connectors/counter';
    const { body } = await apply(connector('urls', withSpec({ type: url })));
    expect(body.error.details.findings).toMatchObject([
      { path: 'spec.type', reason: 'ConnectorKeyRequired', message: expect.stringContaining('connector_key') },
    ]);
    for (const place of [`/v1/types/${encodeURIComponent(url)}`, `/v1/connectors?type=${encodeURIComponent(url)}`])
      expect((await api.ask('GET', place)).body.error).toMatchObject({
        reason: 'ConnectorKeyRequired',
        message: expect.stringContaining('connector_key'),
      });
  });

  it('diff tells what an apply then does, and nothing afterwards', async () => {
    await apply(connector('drifting'));
    await settled('drifting');
    const changed = connector('drifting', withSpec({ config: { count: 8 } }));
    const diff = (await api.ask('POST', '/v1/specs:diff', { body: changed })).body;
    expect(diff.differs).toBe(true);
    expect(diff.text).toContain('connector/drifting (namespace default)');
    expect(diff.text).toMatch(/- .*count: 3\n.*\+ .*count: 8/);
    await apply(changed);
    await settled('drifting', 2);
    expect((await api.ask('POST', '/v1/specs:diff', { body: changed })).body).toMatchObject({ differs: false, text: '' });
  });
});

describe('documents of a folder', () => {
  it('[HARD-19.8-5] belong to the folder: delete, apply and rollback answer SourceConflict and name it; pause does not', async () => {
    await writeFile(
      join(api.folder, 'folder-owned.yaml'),
      printYaml(connector('folder-owned', withSpec({ schedule: { every: '1h', suspend: true } }))),
    );
    await api.until(path('folder-owned'), ({ body }) => body.status?.observedGeneration === 1);
    const revision = (await get('folder-owned')).body.status.revision;
    for (const answer of [
      await api.ask('DELETE', path('folder-owned')),
      await apply(connector('folder-owned', withSpec({ config: { count: 9 } }))),
      await api.ask('POST', `${path('folder-owned')}/rollback`, { body: { revision } }),
    ]) {
      expect(answer).toMatchObject({ status: 409, body: { error: { reason: 'SourceConflict' } } });
      expect(answer.body.error.message).toContain(`folder:${api.folder}`);
    }
    expect((await api.ask('POST', `${path('folder-owned')}/pause`, { body: {} })).body).toEqual({ result: 'paused' });
    expect((await api.ask('POST', `${path('folder-owned')}/pause`, { body: {} })).body).toEqual({ result: 'unchanged' });
    expect((await api.ask('POST', `${path('folder-owned')}/resume`, { body: {} })).body).toEqual({ result: 'resumed' });
    const audit = (await api.ask('GET', `${path('folder-owned')}/audit`)).body.items;
    expect(audit).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          action: 'connector.spec.remove',
          outcome: 'refused',
          reason: 'SourceConflict',
          actor: { kind: 'operator', name: 'op', acts_for_every_owner: true },
        }),
      ]),
    );
  });
});

describe('delete and rollback', () => {
  it('removes an uploaded connector; its name is free again and its history is nobody else’s', async () => {
    await apply(connector('fleeting'));
    await settled('fleeting');
    expect((await api.ask('DELETE', path('fleeting'))).body).toEqual({ result: 'removal_requested' });
    await api.until(path('fleeting'), ({ status }) => status === 404);
    const bobs = await api.ask('POST', '/v1/specs:apply', {
      as: 'bob',
      body: connector('fleeting', withSpec({ owner: { type: 'user', id: 'b0b00000-6a0e-4c7e-9a54-0d8c1f2b3a10' } })),
    });
    expect(bobs.body.results[0].outcome).toBe('created');
    const audit = (await api.ask('GET', `${path('fleeting')}/audit`, { as: 'bob' })).body.items;
    expect(audit.filter((event: Json) => event.actor.name === 'op')).toEqual([]);
  });

  it('puts an accepted revision back in force', async () => {
    const first = (await apply(connector('rolled'))).body.results[0].revision;
    await settled('rolled');
    await apply(connector('rolled', withSpec({ config: { count: 7 } })));
    await settled('rolled', 2);
    const back = await api.ask('POST', `${path('rolled')}/rollback`, { body: { revision: first.slice(0, 12) } });
    expect(back.body.results).toMatchObject([{ outcome: 'configured', revision: first }]);
    expect((await settled('rolled', 3)).body).toMatchObject({ spec: { config: { count: 3 } }, status: { revision: first } });
    expect((await api.ask('POST', `${path('rolled')}/rollback`, { body: { revision: 'ffffff' } })).body.error.reason).toBe(
      'RevisionUnknown',
    );
    const description = (await api.ask('GET', `${path('rolled')}/description`)).body;
    expect(description.revisions).toHaveLength(2);
  });
});

async function file(name: string, text: string): Promise<string> {
  const place = join(api.dataFolder, name);
  await writeFile(place, text);
  expect(await readFile(place, 'utf8')).toBe(text);
  return place;
}
