import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { launchFailed } from '../failures.ts';
import { becomeScript, environmentText, plainEnvironmentFd } from '../launch-scripts.ts';
import type { ProcessEnd, ProcessTree, TreeSpec } from '../tree.ts';
import { descendantsOf, listProcesses, type ProcessEntry, processesOfRun, sendSignal } from './process-table.ts';

/** What the plain form needs beyond a tree's usual. */
export interface PlainSpec extends TreeSpec {
  /** Folder to work in. */
  folder: string;
  /** Where `setpriv` is; undefined on systems without it. */
  setpriv: string | undefined;
  /** `PATH` of the steps before the connector; its own is in `environment`. */
  path: string;
}

/**
 * Starts a connector without a sandbox: a session and process group of its own, its own uid when we are root, and a death signal for the
 * moment in which we die. Its processes are found again by group, control group, uid, descent and environment.
 */
export async function startPlainTree(spec: PlainSpec): Promise<ProcessTree> {
  const become = ['/bin/sh', '-c', becomeScript, 'connector-start', ...spec.command];
  const child = spawn('/bin/sh', ['-c', ...spec.enter, ...dropping(spec), ...become], {
    cwd: spec.folder,
    detached: true,
    env: { PATH: spec.path, CONNECTOR_WORKDIR: spec.workFolder },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    // Without setpriv the uid is given away before the first step, so there can be no control groups to enter.
    ...(spec.setpriv === undefined && spec.uid !== undefined ? { uid: spec.uid, gid: spec.uid } : {}),
  });
  const ended = new Promise<ProcessEnd>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const environment = child.stdio[plainEnvironmentFd] as Writable;
  environment.on('error', () => undefined);
  const pid = await started(child);
  environment.end(environmentText(spec.environment));
  let alive = true;
  void ended.then(() => (alive = false));
  return {
    rootPid: pid,
    stdin: child.stdin as Writable,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    ended,
    connectorPid: () => (alive ? pid : undefined),
    killAll: () => killRounds(pid, spec),
  };
}

function dropping({ setpriv, uid }: PlainSpec): string[] {
  if (setpriv === undefined) return [];
  const id =
    uid === undefined
      ? []
      : ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--inh-caps', '-all', '--bounding-set', '-all'];
  return [setpriv, '--pdeathsig', 'KILL', '--no-new-privs', ...id, '--'];
}

async function started(child: ChildProcess): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(launchFailed(`no process could be started (${error.code ?? 'unknown'})`, error)),
    );
  });
  return child.pid as number;
}

/** A process may be born between the look and the kill, so it looks again until it finds none. */
async function killRounds(root: number, spec: PlainSpec): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < 100; round++) {
    const members = membersOf(root, spec);
    if (members.length === 0) break;
    for (const pid of members) {
      sendSignal(pid, 'SIGKILL');
      killed.add(pid);
    }
    await sleep(round < 5 ? 2 : 20);
  }
  killed.delete(root);
  return killed.size;
}

function membersOf(root: number, { workFolder, uid, groupPids }: PlainSpec): number[] {
  const table = listProcesses();
  const ours = (entry: ProcessEntry): boolean => entry.group === root || entry.pid === root || (uid !== undefined && entry.uid === uid);
  const pids = new Set([...table.filter(ours), ...descendantsOf(root, table)].map((entry) => entry.pid));
  for (const pid of groupPids?.() ?? []) pids.add(pid);
  // Where neither uid nor control group can tell, what left group and parent behind still carries its environment.
  if (uid === undefined && groupPids === undefined) for (const pid of processesOfRun(workFolder)) pids.add(pid);
  return [...pids].filter((pid) => table.some((entry) => entry.pid === pid));
}
