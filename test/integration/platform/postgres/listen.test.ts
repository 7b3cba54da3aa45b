import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../../../platform/clock.ts';
import { createLog } from '../../../../platform/log.ts';
import type { Loop } from '../../../../platform/loop.ts';
import { listen } from '../../../../platform/postgres/listen.ts';
import { createEmptyDatabase, type TestDatabase } from '../../../database.ts';

let database: TestDatabase;
let abort: AbortController;
let loop: Loop | undefined;

beforeAll(async () => {
  database = await createEmptyDatabase();
});

afterEach(async () => {
  abort.abort();
  await loop?.done;
});

afterAll(() => database.drop());

/** Events of a listener in order; `until` waits for the nth. */
function startListener(url = database.url): { events: string[]; until(count: number): Promise<void> } {
  const events: string[] = [];
  let arrived = Promise.withResolvers<void>();
  const add = (event: string): void => {
    events.push(event);
    arrived.resolve();
    arrived = Promise.withResolvers();
  };
  abort = new AbortController();
  loop = listen(url, {
    channels: ['work', 'Odd "name"'],
    name: 'listener',
    signal: abort.signal,
    clock: systemClock,
    random: () => 0,
    log: createLog({ role: 'test', clock: systemClock, level: 'silent' }),
    onNotify: (channel, payload) => add(`${channel}: ${payload}`),
    onConnected: ({ deaf }) => add(deaf ? 'deaf' : 'connected'),
  });
  const until = async (count: number): Promise<void> => {
    while (events.length < count) await arrived.promise;
  };
  return { events, until };
}

const sessions = `select pid from pg_stat_activity where application_name = 'listener'`;

test('notifications of its channels arrive with their payload, others do not, and the session hears itself at start', async () => {
  const listener = startListener();
  await listener.until(1);
  await database.pool.query(`select pg_notify('other', 'no'), pg_notify('work', 'a'), pg_notify('Odd "name"', '')`);
  await listener.until(3);
  expect(listener.events).toEqual(['connected', 'work: a', 'Odd "name": ']);
});

test('a lost session is made anew and told once, because notifications in between are gone', async () => {
  const listener = startListener();
  await listener.until(1);
  await database.pool.query(`select pg_terminate_backend(pid) from (${sessions}) s`);
  await listener.until(2);
  await database.pool.query(`select pg_notify('work', 'after')`);
  await listener.until(3);
  expect(listener.events).toEqual(['connected', 'connected', 'work: after']);
});

test('the abort ends the session and the loop', async () => {
  const listener = startListener();
  await listener.until(1);
  abort.abort();
  await loop?.done;
  while ((await database.pool.query(sessions)).rowCount > 0);
  expect(listener.events).toEqual(['connected']);
});

test('a server that is not there is tried again until the abort', async () => {
  startListener('postgresql://x@%2Fnonexistent:5432/x');
  await new Promise((resolve) => setTimeout(resolve, 50));
  abort.abort();
  await loop?.done;
});
