import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverSentEvents } from '../../../../controller/cli/follow-changes.ts';
import { printYaml } from '../../../../schemas/print-yaml.ts';
import { connector, connectorType, withMetadata, withSpec, withTypeSpec } from '../../../gen/documents.ts';
import { operation } from '../../../gen/admission-context.ts';
import { type Json, type RunningController, runningController, tokenOf, type Who } from '../../../gen/running-controller.ts';

const MANY = 1_100;
const manyName = (at: number): string => `many-${String(at).padStart(4, '0')}`;

let api: RunningController;
beforeAll(async () => {
  api = await runningController([
    connectorType('counter'),
    connectorType(
      'mailer',
      withTypeSpec({ manifestUri: 'https://registry.example/mailer', operations: [operation('readInbox'), operation('searchInbox')] }),
    ),
  ]);
  const documents = Array.from({ length: MANY }, (_, at) =>
    printYaml(
      connector(
        manyName(at),
        withMetadata({
          namespace: at % 2 === 0 ? 'even' : 'odd',
          labels: { parity: at % 2 === 0 ? 'even' : 'odd', ...(at < 3 ? { few: 'yes' } : {}) },
        }),
      ),
    ),
  );
  const { status } = await api.ask('POST', '/v1/specs:apply', { body: documents.join('---\n') });
  expect(status).toBe(200);
});
afterAll(() => api.stop());

const list = async (query: string): Promise<Json> => (await api.ask('GET', `/v1/connectors?${query}`)).body;
const namesOf = (page: Json): string[] => page.items.map((item: Json) => item.metadata.name);

describe('lists', () => {
  it('pages over all, each once, in order, with what remains', async () => {
    const names: string[] = [];
    const remaining: number[] = [];
    let token = '';
    do {
      const page = await list(`limit=400${token}`);
      names.push(...namesOf(page));
      if (page.metadata.continue !== undefined) remaining.push(page.metadata.remainingItemCount);
      token = page.metadata.continue === undefined ? '' : `&continue=${page.metadata.continue}`;
    } while (token !== '');
    const expected = Array.from({ length: MANY }, (_, at) => manyName(at));
    expect(names).toEqual([...expected.filter((_, at) => at % 2 === 0), ...expected.filter((_, at) => at % 2 === 1)]);
    expect(remaining).toEqual([700, 300]);
  });

  it('pages exactly: a full last page has no next one', async () => {
    const page = await list('namespace=odd&label_selector=few&limit=1');
    expect([namesOf(page), page.metadata]).toEqual([[manyName(1)], {}]);
  });

  it.each([
    ['few=yes', [0, 2, 1]],
    ['few,parity=odd', [1]],
    ['few,parity!=odd', [0, 2]],
    ['few==yes, parity == even', [0, 2]],
    ['!parity', []],
  ])('select by labels: %s', async (selector, expected) => {
    expect(namesOf(await list(`label_selector=${encodeURIComponent(selector)}`))).toEqual(expected.map(manyName));
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=many', 'limit'],
    ['unknown=1', 'unknown'],
    ['continue=%00', 'NUL'],
    ['continue=bm90IGpzb24', 'continue'],
    [`continue=${Buffer.from('["a\\u0000","b"]').toString('base64url')}`, 'continue'],
    ['label_selector=a%20b', 'label_selector'],
  ])('refuse ?%s with a reason', async (query, told) => {
    const { status, body } = await api.ask('GET', `/v1/connectors?${query}`);
    expect([status, body.error.reason]).toEqual([400, 'RequestInvalid']);
    expect(body.error.message).toContain(told);
  });
});

describe('watch', () => {
  it('tells what there is, ends that with a bookmark, then changes of what it selects, and the end of it', async () => {
    await api.ask('POST', '/v1/specs:apply', { body: connector('seen', withMetadata({ namespace: 'w', labels: { on: 'yes' } })) });
    const watch = openWatch('namespace=w&label_selector=on%3Dyes');
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { kind: 'Connector', metadata: { name: 'seen' } } });
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    const applied = (name: string, labels: Record<string, string>) =>
      api.ask('POST', '/v1/specs:apply', { body: connector(name, withMetadata({ namespace: 'w', labels })) });
    await applied('other', { on: 'no' });
    await applied('second', { on: 'yes' });
    expect(await watch.nextOf('second')).toMatchObject({ type: 'ADDED' });
    await applied('second', { on: 'yes', more: 'x' });
    expect(await watch.nextOf('second', (event) => event.object.metadata.labels?.more === 'x')).toMatchObject({ type: 'MODIFIED' });
    await applied('second', { on: 'no' });
    expect(await watch.nextOf('second', ({ type }) => type === 'DELETED')).toBeDefined();
    await api.ask('DELETE', '/v1/namespaces/w/connectors/seen');
    const uid = watch.seen.find((event) => event.object.metadata.name === 'seen')?.object.metadata.uid;
    expect(await watch.nextOf('seen', ({ type }) => type === 'DELETED')).toMatchObject({ object: { metadata: { uid } } });
    expect(watch.seen.map((event) => event.object.metadata.name)).not.toContain('other');
    await watch.close();
  });

  it('shows an owner its own alone, deletions too', async () => {
    const watch = openWatch('namespace=w2', 'bob');
    expect(await watch.next()).toMatchObject({ type: 'BOOKMARK' });
    await api.ask('POST', '/v1/specs:apply', { body: connector('alices', withMetadata({ namespace: 'w2' })) });
    await api.until('/v1/namespaces/w2/connectors/alices', ({ body }) => body.status.observedGeneration === 1);
    await api.ask('DELETE', '/v1/namespaces/w2/connectors/alices');
    await api.until('/v1/namespaces/w2/connectors/alices', ({ status }) => status === 404);
    const owner = { type: 'user' as const, id: 'b0b00000-6a0e-4c7e-9a54-0d8c1f2b3a10' };
    await api.ask('POST', '/v1/specs:apply', {
      as: 'bob',
      body: connector('bobs', withMetadata({ namespace: 'w2' }), withSpec({ owner })),
    });
    await watch.nextOf('bobs');
    expect(watch.seen.map((event) => event.object.metadata.name)).not.toContain('alices');
    await watch.close();
  });

  it('ends when its token is revoked, and says why', async () => {
    const { token, id } = (await api.ask('POST', '/v1/tokens', { body: { kind: 'operator', subject: 'short-lived' } })).body;
    const watch = openWatch('namespace=w3', token);
    await watch.next();
    await api.ask('DELETE', `/v1/tokens/${id}`);
    await api.ask('POST', '/v1/specs:apply', { body: connector('late', withMetadata({ namespace: 'w3' })) });
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { reason: 'Unauthenticated' } });
    expect(await watch.next()).toBeUndefined();
  });
});

describe('the catalog', () => {
  it('[REQ-CONNEC-0100, CI-1.3] shows each type with its operations by its key; a URI finds none', async () => {
    const { items } = (await api.ask('GET', '/v1/types')).body;
    const operations = (key: string) => items.find((type: Json) => type.key === key)?.operations.map(({ name }: Json) => name);
    expect(operations('counter')).toEqual([]);
    expect(operations('mailer')).toEqual(['readInbox', 'searchInbox']);
    const [mailer] = (await api.ask('GET', '/v1/types/mailer')).body.items;
    expect(mailer).toMatchObject({ key: 'mailer', manifestUri: 'https://registry.example/mailer' });
    const byUri = await api.ask('GET', `/v1/types/${encodeURIComponent('https://registry.example/mailer')}`);
    expect(byUri).toMatchObject({ status: 400, body: { error: { reason: 'ConnectorKeyRequired' } } });
    expect((await api.ask('GET', '/v1/types/nothing')).status).toBe(404);
    const unknown = await api.ask('POST', '/v1/specs:apply', { body: connector('untyped', withSpec({ type: 'nothing' })) });
    expect(unknown.body.error.details.findings).toMatchObject([{ reason: 'TypeUnknown', path: 'spec.type' }]);
  });
});

/** A watch whose events can be taken one by one. */
function openWatch(query: string, as: Who | (string & {}) = 'operator') {
  const ending = new AbortController();
  const token = ['operator', 'bob'].includes(as) ? tokenOf(as as Who) : as;
  const events = (async function* () {
    const response = await fetch(`${api.controller.server}/v1/connectors?watch=true&${query}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: ending.signal,
    });
    for await (const data of serverSentEvents(response.body as AsyncIterable<Uint8Array>)) yield JSON.parse(data) as Json;
  })();
  const seen: Json[] = [];
  const next = async (): Promise<Json> => {
    const { value } = await events.next();
    if (value !== undefined) seen.push(value);
    return value;
  };
  return {
    seen,
    next,
    async nextOf(name: string, fits: (event: Json) => boolean = () => true): Promise<Json> {
      for (;;) {
        const event = await next();
        if (event === undefined) throw new Error('the watch ended');
        if (event.object.metadata.name === name && fits(event)) return event;
      }
    },
    async close() {
      ending.abort();
      await events.return(undefined).catch(() => undefined);
    },
  };
}
