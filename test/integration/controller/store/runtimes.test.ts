import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readRuntimes } from '../../../../controller/store/processes/runtimes.ts';
import { writeBeatSql, writeBeatValues, writeStoppedSql } from '../../../../platform/beat/beat-sql.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { systemIds } from '../../../../platform/ids.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

it('shows how each runtime isolates; controllers and what stopped in order are left out', async () => {
  const ids = systemIds(systemClock);
  const isolation = { isolated: false, method: 'process', reason: 'BubblewrapMissing', limits: 'prlimit', missing: ['files'] };
  const beat = async (role: string, facts: Record<string, unknown>): Promise<string> => {
    const processId = ids.uuid();
    await database.pool.query(writeBeatSql, writeBeatValues({ processId, host: 'here', pid: 7, pidStarted: '42' }, role, facts));
    return processId;
  };
  await beat('controller', {});
  const silent = await beat('runtime', {});
  const stopped = await beat('runtime', { isolation });
  await database.pool.query(writeStoppedSql, [stopped]);
  const told = await beat('runtime', { isolation });
  expect(await readRuntimes(database.pool)).toEqual([
    { processId: told, pid: 7, pidStarted: '42', isolation },
    { processId: silent, pid: 7, pidStarted: '42', isolation: null },
  ]);
});
