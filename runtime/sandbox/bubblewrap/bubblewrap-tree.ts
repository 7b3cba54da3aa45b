import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchFailed, launchKilled, sandboxUnavailable } from '../failures.ts';
import { environmentText, launchExit, supervisorFds } from '../launch-scripts.ts';
import { descendantsOf, innermostPid, listProcesses, sendSignal, startOf } from '../process/process-table.ts';
import { endOfStatus, type ProcessEnd, type ProcessTree, type TreeSpec } from '../tree.ts';
import { type Bubblewrap, insideCommand, isolationArguments } from './command.ts';

/** What the isolated form needs beyond a tree's usual. */
export interface IsolatedSpec extends TreeSpec {
  bubblewrap: Bubblewrap;
  /** Folder to work in, as it is called inside. */
  folder: string;
  mounts: readonly string[];
  /** `PATH` of the wrappers; the connector's own is in `environment`. */
  path: string;
}

const keptErrorBytes = 4096;
const reapWaitMs = 2000;
/** Exit status of a shell whose program ended by SIGKILL; also of one that was killed itself. */
const KILLED = 137;

/**
 * Starts a connector in its own mount, pid, ipc and uts namespaces: sh (limits) > bwrap > bwrap as pid 1 > sh (supervisor) > connector.
 * Killing the outermost one ends them all, and it dies with us. Resolves when the supervisor has started.
 */
export async function startIsolatedTree(spec: IsolatedSpec): Promise<ProcessTree> {
  const { bubblewrap, uid, folder, command } = spec;
  const wrapped = [bubblewrap.file, '--args', String(supervisorFds.arguments), '--', ...insideCommand(bubblewrap, uid, folder, command)];
  const child = spawn('/bin/sh', ['-c', ...spec.enter, ...wrapped], {
    cwd: '/',
    detached: true,
    // Readable for whoever shares our uid: the connector's own environment goes through a pipe.
    env: { PATH: spec.path, CONNECTOR_WORKDIR: spec.workFolder },
    stdio: ['ignore', 'ignore', ...Array.from({ length: 8 }, () => 'pipe' as const)],
  });
  const pipe = (fd: number): Duplex => child.stdio[fd] as Duplex;
  const exit = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? KILLED)));
  const complaint = firstText(pipe(2));
  const { arguments: argumentsFd, status, control, environment } = supervisorFds;
  for (const fd of [argumentsFd, status, control, environment]) pipe(fd).on('error', () => undefined);
  await spawned(child);
  const args = [...isolationArguments(bubblewrap), ...spec.mounts];
  pipe(argumentsFd).end(args.map((argument) => `${argument}\0`).join(''));
  pipe(environment).end(environmentText(spec.environment));
  const lines = statusLines(pipe(status));
  if ((await lines.started) !== true) throw await refusal(exit, complaint);
  const rootPid = child.pid as number;
  return {
    rootPid,
    stdin: pipe(supervisorFds.stdin),
    stdout: pipe(supervisorFds.stdout),
    stderr: pipe(supervisorFds.stderr),
    ended: lines.ended.then(
      (status) => (status === undefined ? { code: null, signal: 'SIGKILL' } : endOfStatus(status)) satisfies ProcessEnd,
    ),
    connectorPid: () => connectorBelow(rootPid),
    killAll: () => killTree(rootPid, exit),
  };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(launchFailed(`no process could be started (${error.code ?? 'unknown'})`, error)),
    );
  });
}

/** The supervisor's two lines: that it has started, and the connector's exit status; undefined when it died before it could tell. */
function statusLines(status: Readable): { started: Promise<boolean>; ended: Promise<number | undefined> } {
  let text = '';
  const started = Promise.withResolvers<boolean>();
  const ended = Promise.withResolvers<number | undefined>();
  status.setEncoding('latin1');
  status.on('data', (chunk: string) => {
    text += chunk;
    if (text.includes('started\n')) started.resolve(true);
    const told = /\n(\d+)\n/.exec(text)?.[1];
    if (told !== undefined) ended.resolve(Number(told));
  });
  status.once('close', () => {
    started.resolve(false);
    ended.resolve(undefined);
  });
  return { started: started.promise, ended: ended.promise };
}

function firstText(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    if (text.length < keptErrorBytes) text += chunk.toString();
  });
  return () => text.trim().slice(0, keptErrorBytes);
}

async function refusal(exit: Promise<number>, complaint: () => string): Promise<Error> {
  const code = await exit;
  // Nothing is wrong with the isolation then: the kernel was short of memory, or somebody ended it.
  if (code === KILLED && complaint() === '') return launchKilled();
  const why = complaint() === '' ? `exit code ${code}` : complaint();
  return code === launchExit.folderClosed
    ? launchFailed(`the connector's folder cannot be entered: ${why}`)
    : sandboxUnavailable(`the sandbox did not start: ${why}`);
}

/** The supervisor is process 2 of its namespace, and the connector its only child. */
function connectorBelow(root: number): number | undefined {
  const table = listProcesses();
  const supervisor = descendantsOf(root, table).find((entry) => innermostPid(entry.pid) === 2);
  return table.find((entry) => entry.parent === supervisor?.pid)?.pid;
}

/**
 * The first process of the namespace goes first: the kernel takes all others along, and bubblewrap waits for it, where otherwise it would
 * be left to the init of this host as a zombie. Bubblewrap itself is killed if it does not follow.
 */
async function killTree(root: number, exit: Promise<number>): Promise<number> {
  const members = descendantsOf(root, listProcesses()).map((entry) => ({
    ...entry,
    inside: innermostPid(entry.pid),
    start: startOf(entry.pid),
  }));
  const supervisor = members.find((entry) => entry.inside === 2)?.pid;
  const first = members.find((entry) => entry.parent === root);
  if (first !== undefined) sendSignal(first.pid, 'SIGKILL');
  if (first === undefined || !(await within(exit, reapWaitMs))) sendSignal(root, 'SIGKILL');
  await exit;
  const gone = (): boolean => members.every(({ pid, start }) => start === undefined || startOf(pid) !== start);
  for (let waitedMs = 0; waitedMs < reapWaitMs && !gone(); waitedMs += 2) await sleep(2);
  return members.filter((entry) => entry !== first && entry.pid !== supervisor && entry.parent !== supervisor).length;
}

async function within(event: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  const happened = await Promise.race([event.then(() => true), late]);
  timer.abort();
  return happened;
}
