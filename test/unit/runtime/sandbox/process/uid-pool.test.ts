import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { UidPool } from '../../../../../runtime/sandbox/process/uid-pool.ts';

const pools: UidPool[] = [];
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const pool of pools.splice(0)) pool.close();
});

function openPool(): UidPool {
  const pool = new UidPool();
  pools.push(pool);
  return pool;
}

/** Giving a process another uid takes root. */
const asRoot = process.getuid?.() === 0 ? test : test.skip;

describe('uids of connectors', () => {
  test('no two runs have the same one, in one runtime or in two', async () => {
    const [ours, theirs] = [openPool(), openPool()];
    const uids = [await ours.acquire(), await ours.acquire(), await theirs.acquire()];
    expect(new Set(uids).size).toBe(3);
  });

  test('one that was given back serves the next run', async () => {
    const pool = openPool();
    const uid = await pool.acquire();
    pool.release(uid);
    expect(await pool.acquire()).toBe(uid);
  });

  asRoot('one that is given back takes its processes along, so that the next run meets nobody', async () => {
    const pool = openPool();
    const uid = await pool.acquire();
    const left = spawn('/bin/sleep', ['60'], { uid, gid: uid, stdio: 'ignore', detached: true });
    children.push(left);
    await once(left, 'spawn');
    const gone = once(left, 'exit');
    pool.release(uid);
    expect(await gone).toEqual([null, 'SIGKILL']);
  });

  asRoot('what a dead runtime left under one is killed before the first run has it', async () => {
    const before = openPool();
    const uid = await before.acquire();
    const left = spawn('/bin/sleep', ['60'], { uid, gid: uid, stdio: 'ignore', detached: true });
    children.push(left);
    await once(left, 'spawn');
    const gone = once(left, 'exit');
    before.close();
    const next = openPool();
    // Another file's runtime may hold some; ours comes up within as many tries as there are uids below it.
    let taken = await next.acquire();
    while (taken < uid) taken = await next.acquire();
    expect(await gone).toEqual([null, 'SIGKILL']);
  });
});
