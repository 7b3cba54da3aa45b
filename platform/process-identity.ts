import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Clock ticks of /proc a second; fixed at 100 in the interface between kernel and programs, whatever the kernel's own rate. */
const TICKS_PER_SECOND = 100;

/**
 * Identity of the pid space that this process lives in: boot id and pid namespace. Two processes with equal values can look each
 * other up by pid; after a reboot, or in another container, the value differs.
 */
export async function hostIdentity(): Promise<string> {
  if (process.platform !== 'linux') return `${process.platform}:${(await run('sysctl', ['-n', 'kern.bootsessionuuid'])).stdout.trim()}`;
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const namespace = await readlink('/proc/self/ns/pid');
  return `${bootId}:${/\d+/.exec(namespace)?.[0] ?? ''}`;
}

/**
 * When a process started, in the words of its host (ticks since boot on Linux): only ever compared for equality, so that a pid that
 * was given to another process is not taken for the old one. Undefined when no such process runs; a zombie does not.
 */
export async function processStarted(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return (await procStat(pid))?.startTicks;
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
    });
    const [state = 'Z', ...started] = stdout.trim().split(/\s+/);
    return state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined; // ps exits 1 for a pid that does not run
  }
}

/** Unix seconds at which a process started, as far as the host can tell (to about a second); undefined when it does not run. */
export async function processStartedUnixS(pid: number): Promise<number | undefined> {
  const started = await processStarted(pid);
  if (started === undefined) return undefined;
  if (process.platform !== 'linux') return Date.parse(`${started} UTC`) / 1_000;
  const bootS = Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1]);
  return bootS + Number(started) / TICKS_PER_SECOND;
}

async function procStat(pid: number): Promise<{ startTicks: string } | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // ENOENT, or ESRCH when it ended between open and read
  }
  // The name in parentheses may hold anything; fields count from the last one: state is the 3rd, start time the 22nd.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || 'ZX'.includes(state) || startTicks === undefined ? undefined : { startTicks };
}
