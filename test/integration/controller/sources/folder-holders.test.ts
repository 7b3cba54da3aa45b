import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createBeatObserver } from '../../../../platform/beat/observer.ts';
import { readBeats } from '../../../../platform/beat/beat-sql.ts';
import { ownIdentity } from '../../../../platform/beat/identity.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { isFault } from '../../../../platform/errors.ts';
import type { Loop } from '../../../../platform/loop.ts';
import { processStarted } from '../../../../platform/process-identity.ts';
import { printYaml } from '../../../../schemas/print-yaml.ts';
import { findLostProcesses } from '../../../../controller/dispatch/lost-processes.ts';
import { createDatabase, type TestDatabase } from '../../../database.ts';
import { connector, withSpec } from '../../../gen/documents.ts';
import { type Installation, installation, rowVersions, specOf, type TestFolder, testFolder } from '../../../gen/doors.ts';

let database: TestDatabase;
let installed: Installation;
let ending = new AbortController();
let running: Loop[] = [];
beforeAll(async () => {
  database = await createDatabase();
  installed = await installation(database.pool);
});
afterEach(async () => {
  ending.abort();
  await Promise.all(running.map(({ done }) => done));
  ending = new AbortController();
  running = [];
});
afterAll(() => database.drop());

const text = (name: string, count = 3): string => printYaml(connector(name, withSpec({ config: { count } })));
const spec = (name: string): Promise<Record<string, unknown> | undefined> => specOf(installed.db, name);
const start = (folder: TestFolder): void => void running.push(folder.source.start(ending.signal));

/** Asks again and again, for ten seconds at most. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let asked = 0; asked < 500; asked++) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error('it did not come about within ten seconds');
}

describe('two controllers on one folder', () => {
  test('one holds the source; the other hands nothing in, and takes over what is given back', async () => {
    const first = await testFolder(installed);
    const second = await testFolder(installed, { folder: first.folder });
    first.write('shared.yaml', text('shared'));
    await first.list();
    const before = await rowVersions(installed.db);
    await second.list();
    expect(second.source.health()).toMatchObject({ holder: false });
    expect(await rowVersions(installed.db)).toEqual(before);
    await first.holder.release();
    first.write('shared.yaml', text('shared', 4));
    await second.list();
    expect(await spec('shared')).toMatchObject({ generation: 2 });
    expect(second.source.health()).toMatchObject({ holder: true });
  });

  test('the source of a killed holder is taken over', async () => {
    const child = spawn('sleep', ['60']);
    const identity = { ...(await ownIdentity('0190aaaa-0000-7000-8000-000000000001')), pid: child.pid as number };
    await installed.db.query(`insert into process_beats (process_id, role, host, pid, pid_started) values ($1, 'controller', $2, $3, $4)`, [
      identity.processId,
      identity.host,
      identity.pid,
      await processStarted(identity.pid),
    ]);
    const first = await testFolder(installed, { processId: identity.processId });
    first.write('orphan.yaml', text('orphan'));
    await first.list();
    const observer = createBeatObserver({ clock: systemClock, host: identity.host, read: () => readBeats(database.pool) });
    let lost = new Set<string>();
    const look = async (): Promise<void> => {
      lost = new Set((await findLostProcesses(observer, identity.host)).map(({ processId }) => processId));
    };
    const second = await testFolder(installed, { folder: first.folder, isLost: (processId) => lost.has(processId) });
    first.write('orphan.yaml', text('orphan', 4));
    await look();
    await second.list();
    expect(await spec('orphan')).toMatchObject({ generation: 1 });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await look();
    await second.list();
    expect(await spec('orphan')).toMatchObject({ generation: 2 });
  });

  test('a holder that was paused and wakes writes nothing: SourceLeaseLost', async () => {
    const first = await testFolder(installed);
    first.write('paused.yaml', text('paused'));
    await first.list();
    // It has asked for its hold, and is stopped before it hands anything in.
    const { submit } = installed.desired.intake;
    let wake = (): void => undefined;
    installed.desired.intake.submit = async (submission) => {
      installed.desired.intake.submit = submit;
      await new Promise<void>((resolve) => (wake = resolve));
      return submit(submission);
    };
    first.write('paused.yaml', text('paused', 5));
    const late = first.list().then(
      () => null,
      (error: unknown) => error,
    );
    await until(async () => installed.desired.intake.submit === submit);
    const second = await testFolder(installed, { folder: first.folder, isLost: () => true });
    first.write('paused.yaml', text('paused', 6));
    await second.list();
    const before = await rowVersions(installed.db);
    wake();
    expect(isFault(await late, 'SourceLeaseLost')).toBe(true);
    expect(await rowVersions(installed.db)).toEqual(before);
    expect(await spec('paused')).toMatchObject({ spec: { config: { count: 6 } } });
    await first.list();
    expect(first.source.health()).toMatchObject({ holder: false });
  });
});

describe('a running folder door', () => {
  test('[HARD-19.5-2, HARD-19.10-4] takes in what was written while nobody watched, and each change from then on', async () => {
    const folder = await testFolder(installed, { timing: { settleMs: 300 } });
    folder.write('earlier.yaml', text('earlier'));
    start(folder);
    await until(async () => (await spec('earlier')) !== undefined);
    folder.write('later/added.yaml', text('added'));
    await until(async () => (await spec('added')) !== undefined);
    folder.write('earlier.yaml', text('earlier', 9));
    await until(async () => (await spec('earlier'))?.['generation'] === 2);
    folder.remove('later/added.yaml');
    await until(async () => (await spec('added'))?.['deletion_requested_at'] !== null);
    await installed.converge();
    expect(await spec('added')).toBeUndefined();
  });

  test('a swap of the watched link itself, and the way a ConfigMap is mounted', async () => {
    const base = await testFolder(installed);
    base.write('rev1/a.yaml', text('linked-a', 1));
    base.write('rev2/a.yaml', text('linked-a', 2));
    symlinkSync('rev1', join(base.folder, 'current'));
    start(await testFolder(installed, { folder: join(base.folder, 'current') }));
    await until(async () => (await spec('linked-a')) !== undefined);
    symlinkSync('rev2', join(base.folder, 'next'));
    renameSync(join(base.folder, 'next'), join(base.folder, 'current'));
    await until(async () => (await spec('linked-a'))?.['generation'] === 2);

    base.write('mount/..1/c.yaml', text('mounted', 1));
    base.write('mount/..2/c.yaml', text('mounted', 2));
    symlinkSync('..1', join(base.folder, 'mount/..data'));
    symlinkSync('..data/c.yaml', join(base.folder, 'mount/c.yaml'));
    start(await testFolder(installed, { folder: join(base.folder, 'mount') }));
    await until(async () => (await spec('mounted')) !== undefined);
    symlinkSync('..2', join(base.folder, 'mount/..data_tmp'));
    renameSync(join(base.folder, 'mount/..data_tmp'), join(base.folder, 'mount/..data'));
    await until(async () => (await spec('mounted'))?.['generation'] === 2);
    expect((await spec('mounted'))?.['deletion_requested_at']).toBeNull();
  });

  test('a folder that comes later is found', async () => {
    const base = await testFolder(installed);
    const folder = await testFolder(installed, { folder: join(base.folder, 'mounted-later') });
    start(folder);
    await until(async () => folder.source.health().fault !== null);
    mkdirSync(folder.folder);
    folder.write('late.yaml', text('late'));
    await until(async () => (await spec('late')) !== undefined);
    expect(folder.source.health()).toMatchObject({ fault: null });
  });
});
