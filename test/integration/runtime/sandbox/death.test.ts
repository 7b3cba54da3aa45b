import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { canExecute, canReach } from '../../../../runtime/sandbox/folders/access.ts';
import { listProcesses } from '../../../../runtime/sandbox/process/process-table.ts';
import { openSandbox } from '../../../../runtime/sandbox/sandbox.ts';
import { eventually, methods } from './sandbox-fixture.ts';

const program = fileURLToPath(new URL('held-run.ts', import.meta.url));

describe.each(methods)('no orphan after any death, with method %s', (method) => {
  let folder: string;
  let mark: string;
  let runtime: ChildProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'death-'));
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'types'), { mode: 0o755 });
    mark = `8765${process.pid}.${Math.floor(Math.random() * 1e9)}`;
  });
  afterEach(() => {
    runtime?.kill('SIGKILL');
    for (const pid of left()) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** Processes of the connector: they carry the mark in their command line. */
  const left = (): number[] => withWord((words) => words.includes(mark));
  const reapers = (): number[] => withWord((words) => words.includes('connector-reaper') && words.some((word) => word.startsWith(folder)));

  async function hold(script: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [program, folder, method, script], { stdio: ['ignore', 'pipe', 'inherit'] });
    runtime = child;
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
    ]);
    return child;
  }
  const stubborn = (): string =>
    `trap "" TERM HUP; setsid sleep ${mark} </dev/null >/dev/null 2>&1 & sleep ${mark} & echo up; while :; do sleep ${mark}; done`;

  test('kill -9 of the runtime takes everything along, and its folders', async () => {
    const child = await hold(stubborn());
    await eventually(() => left().length >= 3);
    child.kill('SIGKILL');
    await eventually(() => left().length === 0);
    await eventually(() => reapers().length === 0);
    expect(readdirSync(join(folder, 'runs'))).toEqual([]);
  });

  test('kill -9 of the reaper brings another, which knows the runs', async () => {
    const child = await hold(stubborn());
    const [first] = reapers() as [number];
    process.kill(first, 'SIGKILL');
    await eventually(() => reapers().some((pid) => pid !== first));
    await eventually(() => left().length >= 3);
    child.kill('SIGKILL');
    await eventually(() => left().length === 0);
  });

  test('kill -9 of the runtime and the reaper at once: the connector itself ends now, the rest at the next start', async () => {
    const child = await hold(stubborn());
    for (const pid of reapers()) process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    // Without a sandbox only the connector's own process has a death signal: of its children the two marked ones may stay.
    await eventually(() => left().length === 0 || (method === 'process' && !commands().some((line) => line.includes('trap'))));
    const next = await openSandbox({ runsFolder: join(folder, 'runs'), hiddenPaths: [], hostEnvironment: process.env, method });
    await eventually(() => left().length === 0);
    await next.close();
    expect(readdirSync(join(folder, 'runs'))).toEqual([]);
  });

  test("a start leaves a living runtime's runs alone", async () => {
    await hold(stubborn());
    await eventually(() => left().length >= 3);
    const before = left().toSorted((a, b) => a - b);
    const next = await openSandbox({ runsFolder: join(folder, 'runs'), hiddenPaths: [], hostEnvironment: process.env, method });
    await next.close();
    expect(left().toSorted((a, b) => a - b)).toEqual(before);
  });

  test('a stopped runtime that is killed while stopped takes everything along', async () => {
    const child = await hold(stubborn());
    child.kill('SIGSTOP');
    await eventually(() => left().length >= 3);
    child.kill('SIGKILL');
    await eventually(() => left().length === 0);
  });

  function commands(): string[] {
    const found: string[] = [];
    withWord((words) => words.some((word) => word.includes(mark)) && found.push(words.join(' ')) > 0);
    return found;
  }
});

const ordinaryUid = 61_234;
const asOther = process.getuid?.() === 0 && canReach(program, ordinaryUid) && canExecute(process.execPath, ordinaryUid);

(asOther ? describe : describe.skip)('a runtime of an ordinary user', () => {
  test('isolates by a user namespace where it may, and leaves no orphan either', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'user-'));
    mkdirSync(join(folder, 'types'));
    for (const path of [folder, join(folder, 'types')]) chownSync(path, ordinaryUid, ordinaryUid);
    const mark = `8764${process.pid}.1`;
    const script = `setsid sleep ${mark} & echo up; sleep ${mark}`;
    const options = { uid: ordinaryUid, gid: ordinaryUid, env: { PATH: '/usr/bin:/bin', HOME: folder, TMPDIR: folder } };
    const child = spawn(process.execPath, [program, folder, 'auto', script], { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error('it did not start')))]);
    const left = (): number[] => withWord((words) => words.includes(mark));
    await eventually(() => left().length === 2);
    child.kill('SIGKILL');
    await eventually(() => left().length === 0);
    await eventually(() => readdirSync(join(folder, 'runs')).length === 0);
    rmSync(folder, { recursive: true });
  });
});

function withWord(matches: (words: string[]) => boolean): number[] {
  return listProcesses()
    .map((entry) => entry.pid)
    .filter((pid) => {
      try {
        return matches(readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0'));
      } catch {
        return false;
      }
    });
}
