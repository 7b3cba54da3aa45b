import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../../platform/clock.ts';
import { openPool } from '../../../../platform/postgres/connect.ts';
import { rotateLog } from '../../../../platform/postgres/embedded/log-file.ts';
import { type EmbeddedPostgres, startEmbedded } from '../../../../platform/postgres/embedded/start-embedded.ts';
import { processStarted } from '../../../../platform/process-identity.ts';

const program = fileURLToPath(new URL('../../../programs/embedded-postgres.ts', import.meta.url));
// One cluster for the file, because making one takes longer than all else; each test finds it stopped. `base` is for folders of single tests.
let base: string;
let folder: string;
let started: EmbeddedPostgres[] = [];
let children: ChildProcess[] = [];

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'connector-embedded-'));
  await chmod(base, 0o711);
  folder = join(base, 'data');
});

afterEach(async () => {
  for (const server of started) await server.stop();
  // Left by a test that failed half way; their servers are adopted and stopped by the next.
  for (const child of children) child.kill('SIGKILL');
  [started, children] = [[], []];
});

afterAll(() => rm(base, { recursive: true, force: true }));

const start = async (dataFolder = folder): Promise<EmbeddedPostgres> => {
  const server = await startEmbedded({ dataFolder, clock: systemClock });
  started.push(server);
  return server;
};

/** Another process that starts the server of the same folder. */
async function startElsewhere(): Promise<{ pid: number; adopted: boolean; owner: boolean; stop(): Promise<void>; kill(): Promise<void> }> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    const end = (how: () => void) => async (): Promise<void> => {
      how();
      await exited;
    };
    const stop = end(() => child.stdin.end());
    return { ...(JSON.parse(line) as { pid: number; adopted: boolean; owner: boolean }), stop, kill: end(() => child.kill('SIGKILL')) };
  }
  throw new Error('the program ended without a server');
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const pool = openPool(url, { name: 'ask', max: 1 });
  try {
    return (await pool.query(sql)).rows;
  } finally {
    await pool.end();
  }
}

describe('start and stop', () => {
  test('a fresh folder gets a server of its own user on a closed socket, without TCP, and rows survive a stop', async () => {
    const first = await start();
    expect(first).toMatchObject({ adopted: false, owner: true });
    await ask(first.url, 'drop table if exists kept; create table kept as select 42 as n');
    const [settings] = await ask(
      first.url,
      `select current_setting('listen_addresses') as tcp, current_setting('fsync') as fsync, current_setting('synchronous_commit') as sync,
              current_setting('is_superuser') as su, (select setting from pg_settings where name = 'unix_socket_directories') as socket`,
    );
    expect(settings).toMatchObject({ tcp: '', fsync: 'on', sync: 'on' });
    const user = process.getuid?.() === 0 ? 65534 : process.getuid?.();
    for (const name of ['cluster', 'socket']) {
      const { mode, uid } = await stat(join(folder, name));
      expect({ name, mode: mode & 0o777, uid }).toEqual({ name, mode: 0o700, uid: user });
    }
    expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600);
    expect(await first.stop()).toBe('stopped');
    expect(await processStarted(first.pid)).toBeUndefined();
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second.url, 'select n from kept')).toEqual([{ n: 42 }]);
  });

  test('a password is needed even on the socket', async () => {
    const wrong = new URL((await start()).url);
    wrong.password = 'guess';
    await expect(ask(wrong.toString(), 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('the password is in no argument, environment or log of the server', async () => {
    const server = await start();
    const password = new URL(server.url).password;
    expect(password.length).toBeGreaterThan(20);
    for (const file of ['cmdline', 'environ']) expect(await readFile(`/proc/${server.pid}/${file}`, 'utf8')).not.toContain(password);
    expect(await readFile(join(folder, 'server.log'), 'utf8')).not.toContain(password);
  });

  test('a data folder too deep for a socket address gets a short socket folder elsewhere, the same at each start', async () => {
    const deep = join(base, 'd'.repeat(60), 'e'.repeat(60));
    const first = await start(deep);
    expect(await ask(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    const elsewhere = await readFile(join(deep, 'socket-folder'), 'utf8');
    expect((await stat(elsewhere)).mode & 0o777).toBe(0o700);
    await first.stop();
    expect((await start(deep)).url).toBe(first.url);
    await rm(elsewhere, { recursive: true, force: true });
  });

  test('two processes that start at once share one server, and one owns it', async () => {
    const [here, there] = await Promise.all([start(), startElsewhere()]);
    expect(here.pid).toBe(there.pid);
    expect([here.owner, there.owner].filter(Boolean)).toHaveLength(1);
    await there.stop();
  });
});

describe('ownership', () => {
  test('only the owner stops the server: another process that lets go leaves it running', async () => {
    const owner = await startElsewhere();
    const guest = await start();
    expect(guest).toMatchObject({ adopted: true, owner: false, pid: owner.pid });
    expect(await guest.stop()).toBe('left');
    expect(await processStarted(owner.pid)).toBeDefined();
    await owner.stop();
    expect(await processStarted(owner.pid)).toBeUndefined();
  });

  test('the end of the server is told to everyone who uses it', async () => {
    const owner = await startElsewhere();
    const guest = await start();
    await owner.stop();
    await guest.lost;
    const again = await start();
    expect(again).toMatchObject({ adopted: false, owner: true });
  });
});

describe('after a kill', () => {
  test('kill -9 of the process that started it leaves the server alive, and the next start adopts and owns it', async () => {
    const killed = await startElsewhere();
    await killed.kill();
    const next = await start();
    expect(next).toMatchObject({ adopted: true, owner: true, pid: killed.pid });
    expect(await next.stop()).toBe('stopped');
    expect(await processStarted(killed.pid)).toBeUndefined();
  });

  test('kill -9 before the note about the server was written: it is still recognised by the time in its own file', async () => {
    const killed = await startElsewhere();
    await killed.kill();
    await rm(join(folder, 'server.json'));
    expect(await start()).toMatchObject({ adopted: true, pid: killed.pid });
  });

  test('kill -9 of the server: what was committed is there after the next start', async () => {
    const server = await start();
    await ask(server.url, 'drop table if exists kept; create table kept as select 7 as n');
    process.kill(server.pid, 'SIGKILL');
    await server.lost;
    const again = await start();
    expect(again).toMatchObject({ adopted: false, owner: true });
    expect(await ask(again.url, 'select n from kept')).toEqual([{ n: 7 }]);
    expect(await server.stop()).toBe('left');
    expect(await processStarted(again.pid)).toBeDefined();
    expect(JSON.parse(await readFile(join(folder, 'server.json'), 'utf8'))).toMatchObject({ pid: again.pid });
  });

  test.each([
    { reason: 'of a dead pid', pid: () => 2 ** 22 - 1 },
    { reason: 'whose pid belongs to an innocent process now', pid: () => process.pid },
  ])('a postmaster.pid $reason does not block a start', async ({ pid }) => {
    const server = await start();
    await ask(server.url, 'drop table if exists kept; create table kept as select 7 as n');
    const file = join(folder, 'cluster/postmaster.pid');
    const text = await readFile(file, 'utf8');
    await server.stop();
    await writeFile(file, text.replace(/^\d+/, String(pid())));
    const again = await start();
    expect(again.adopted).toBe(false);
    expect(await ask(again.url, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  test('kill -9 of a backend: a start in the middle of the recovery waits for it and adopts the server', async () => {
    const server = await start();
    const [row] = await ask(server.url, 'select pid from pg_stat_activity where application_name = $$embedded-owner$$');
    process.kill(row?.['pid'] as number, 'SIGKILL');
    await server.lost;
    expect(await start()).toMatchObject({ adopted: true, owner: true, pid: server.pid });
  });

  test('a note with another start time is not believed: a server that cannot be recognised is refused, not adopted and not harmed', async () => {
    const killed = await startElsewhere();
    await killed.kill();
    const note = join(folder, 'server.json');
    const text = await readFile(note, 'utf8');
    await writeFile(note, JSON.stringify({ ...(JSON.parse(text) as object), started: 'another' }));
    await expect(start()).rejects.toMatchObject({ reason: 'DatabaseFolderInUse', details: { pid: killed.pid } });
    await writeFile(note, text);
    expect(await start()).toMatchObject({ adopted: true, pid: killed.pid });
  });

  test('an initialisation that was killed leaves litter that the next start clears away', async () => {
    await mkdir(join(folder, '.init-999999-1-ab'));
    await start();
    await expect(stat(join(folder, '.init-999999-1-ab'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('refusals', () => {
  test('data of another major version is named and left alone', async () => {
    const old = join(base, 'old');
    await mkdir(join(old, 'cluster'), { recursive: true });
    await writeFile(join(old, 'cluster/PG_VERSION'), '9\n');
    await expect(start(old)).rejects.toMatchObject({ reason: 'DatabaseVersionMismatch', details: { found: 9 } });
  });

  test('settings that the server refuses end in a fault that quotes its log', async () => {
    await (await start()).stop();
    const file = join(folder, 'cluster/postgresql.conf');
    const text = await readFile(file, 'utf8');
    await writeFile(file, 'no such line');
    await expect(start()).rejects.toMatchObject({ reason: 'DatabaseStartFailed', message: expect.stringContaining('postgresql.conf') });
    await writeFile(file, text);
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('as root, a data folder behind a closed one is refused with the folder that closes it', async () => {
    const closed = join(base, 'closed');
    await mkdir(closed, { mode: 0o700 });
    await expect(start(join(closed, 'data'))).rejects.toMatchObject({ reason: 'DatabaseFolderUnreachable', details: { closed } });
  });
});

test('a log above its bound is moved aside once and emptied', async () => {
  const log = join(base, 'some.log');
  await writeFile(log, 'x'.repeat(100));
  await rotateLog(log, 100);
  expect((await stat(log)).size).toBe(100);
  await rotateLog(log, 99);
  expect([(await stat(log)).size, (await stat(`${log}.1`)).size]).toEqual([0, 100]);
});
