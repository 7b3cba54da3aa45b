import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Isolation } from '../apis/sandbox.ts';
import { type Bubblewrap, isolationArguments } from './bubblewrap/command.ts';
import { mountArguments } from './bubblewrap/mounts.ts';
import { statsOf } from './folders/access.ts';
import { makeRunFolder } from './folders/run-folder.ts';
import { type CgroupTree, findCgroupTree } from './limits/cgroup-tree.ts';
import { firstConnectorUid } from './process/uid-pool.ts';

/** What of this host a sandbox is built from. */
export interface SandboxHost {
  isolation: Isolation;
  bubblewrap: Bubblewrap | undefined;
  setpriv: string | undefined;
  cgroups: CgroupTree | undefined;
  /** Whether connectors get uids of their own: the runtime is root. */
  root: boolean;
}

/** What the probe may use. */
export interface ProbeOptions {
  /** `PATH` of the host. */
  path: string;
  /** `process` does without bubblewrap even where it works. */
  method?: 'auto' | 'process';
}

const probeWaitMs = 10_000;

/** How connectors would be isolated on this machine, and what that is built from. Makes one sandbox to see, in some 20 ms. */
export async function probeHost({ path, method = 'auto' }: ProbeOptions): Promise<SandboxHost> {
  const root = process.getuid?.() === 0;
  const setpriv = onPath('setpriv', path);
  const file = onPath('bwrap', path);
  // Without setpriv nothing drops the rights between the control group, which takes root, and the connector.
  const cgroups = root && setpriv === undefined ? undefined : await findCgroupTree();
  const found = method === 'process' ? undefined : await tryBubblewrap({ file, setpriv, root });
  const bubblewrap = typeof found === 'object' ? found : undefined;
  const isolation: Isolation = {
    isolated: bubblewrap !== undefined,
    method: bubblewrap === undefined ? 'process' : 'bubblewrap',
    ...(bubblewrap === undefined ? whyNot(method, file, found) : {}),
    limits: cgroups === undefined ? 'prlimit' : `cgroup${cgroups.version}`,
    missing: missingOf(bubblewrap, root, cgroups),
  };
  return { isolation, bubblewrap, setpriv, cgroups, root };
}

function missingOf(bubblewrap: Bubblewrap | undefined, root: boolean, cgroups: CgroupTree | undefined): string[] {
  const isolation = bubblewrap === undefined ? ['files', ...(root ? [] : ['own uid'])] : [];
  return [...isolation, ...(['memory', 'pids', 'cpu'] as const).filter((controller) => cgroups?.folders.has(controller) !== true)];
}

function whyNot(method: string, file: string | undefined, complaint: unknown): Pick<Isolation, 'reason' | 'message' | 'hint'> {
  if (method === 'process') return { reason: 'SwitchedOff', message: 'bubblewrap is not to be used', hint: 'let the method be auto' };
  if (file === undefined) {
    return {
      reason: 'BubblewrapMissing',
      message: 'bwrap is not on the PATH',
      hint: 'install bubblewrap (Linux): apt-get install bubblewrap',
    };
  }
  return {
    reason: 'BubblewrapRefused',
    message: `bwrap does not work here: ${String(complaint)}`,
    hint: 'allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or run as root with CAP_SYS_ADMIN',
  };
}

interface Candidate {
  file: string | undefined;
  setpriv: string | undefined;
  root: boolean;
}

/** The first way of using bubblewrap that works, or what the last one complained about. */
async function tryBubblewrap({ file, setpriv, root }: Candidate): Promise<Bubblewrap | string> {
  if (file === undefined) return 'bwrap is not on the PATH';
  if (root && setpriv === undefined) return 'setpriv, which drops the rights of root, is not on the PATH';
  const as = root ? 'root' : 'user';
  let complaint = '';
  for (const disableUserns of root ? [false] : [true, false]) {
    const bubblewrap: Bubblewrap = { file, setpriv: setpriv ?? '', as, disableUserns };
    complaint = await complaintOf(bubblewrap);
    if (complaint === '') return bubblewrap;
  }
  return complaint;
}

/** Makes the sandbox that runs get, with a program that only ends. Empty when it worked. */
async function complaintOf(bubblewrap: Bubblewrap): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'connector-probe-'));
  try {
    const run = await makeRunFolder(folder, 'probe', bubblewrap.as === 'root' ? firstConnectorUid : undefined);
    const mounts = mountArguments({ readOnly: [], typeFolder: { at: run.work, from: run.work }, masked: [], run, workBytes: undefined });
    return await new Promise((resolve) => {
      const args = [...isolationArguments(bubblewrap), ...mounts, '--', '/bin/sh', '-c', 'exit 0'];
      execFile(bubblewrap.file, args, { timeout: probeWaitMs, env: {}, cwd: '/' }, (error, _, stderr) => {
        resolve(error === null ? '' : stderr.trim() || `exit code ${error.code ?? 'none'}`);
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function onPath(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find((file) => statsOf(file)?.isFile());
}
