import { afterEach, describe, expect, test } from '@jest/globals';
import { type KeptDatabase, keepDatabase } from '../../../../controller/serve/keep-database.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { createLog } from '../../../../platform/log.ts';

/** A server that dies on demand; `starts` decides what each start does. */
class FakeServer {
  readonly url = 'postgresql://kept';
  readonly pid: number;
  readonly #gone = Promise.withResolvers<void>();
  readonly lost = this.#gone.promise;
  stops = 0;

  constructor(pid: number) {
    this.pid = pid;
  }

  die(): void {
    this.#gone.resolve();
  }

  async stop(): Promise<'stopped'> {
    this.stops += 1;
    this.die();
    return 'stopped';
  }
}

const log = createLog({ role: 'test', clock: systemClock, write: () => undefined });
const kept: KeptDatabase[] = [];
afterEach(async () => {
  for (const database of kept.splice(0)) await database.stop();
});

async function keep(start: (attempt: number) => Promise<FakeServer>): Promise<KeptDatabase> {
  let attempts = 0;
  const database = await keepDatabase({ start: () => start(++attempts), clock: systemClock, log, random: () => 0 });
  kept.push(database);
  return database;
}

describe('an embedded server that is kept', () => {
  test('is started again until it comes up: one that recovers, or has no space, refuses at first', async () => {
    const first = new FakeServer(1);
    const second = new FakeServer(2);
    const back = Promise.withResolvers<void>();
    const refused: number[] = [];
    await keep(async (attempt) => {
      if (attempt === 1) return first;
      if (attempt <= 4) {
        refused.push(attempt);
        throw new Error('the database system is in recovery mode');
      }
      back.resolve();
      return second;
    });
    first.die();
    await back.promise;
    expect(refused).toEqual([2, 3, 4]);
  });

  test('is not started again by its own stop', async () => {
    const server = new FakeServer(1);
    let starts = 0;
    const database = await keep(async () => {
      starts += 1;
      return server;
    });
    await database.stop();
    expect([starts, server.stops > 0]).toEqual([1, true]);
  });

  test('is stopped too when it comes up while the stop waits for it', async () => {
    const first = new FakeServer(1);
    const second = new FakeServer(2);
    const starting = Promise.withResolvers<void>();
    const mayStart = Promise.withResolvers<void>();
    const database = await keep(async (attempt) => {
      if (attempt === 1) return first;
      starting.resolve();
      await mayStart.promise;
      return second;
    });
    first.die();
    await starting.promise;
    const stopped = database.stop();
    mayStart.resolve();
    await stopped;
    expect(second.stops).toBe(1);
  });

  test('tells a first start that fails to whoever wanted it', async () => {
    await expect(keep(async () => Promise.reject(new Error('no space')))).rejects.toThrow('no space');
  });
});
