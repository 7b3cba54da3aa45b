import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, join, relative, resolve } from 'node:path';
import type { LaunchSpec, SandboxChild } from '../apis/sandbox.ts';
import { startIsolatedTree } from './bubblewrap/bubblewrap-tree.ts';
import { contains, mountArguments } from './bubblewrap/mounts.ts';
import { sandboxChild } from './child.ts';
import { launchFailed } from './failures.ts';
import { canExecute, statsOf } from './folders/access.ts';
import { makeRunFolder, type RunFolder } from './folders/run-folder.ts';
import { readableTypeFolder } from './folders/type-folder.ts';
import { enterScript } from './launch-scripts.ts';
import { RunCgroup } from './limits/cgroup.ts';
import type { SandboxHost } from './probe.ts';
import { startPlainTree } from './process/plain-tree.ts';
import type { UidPool } from './process/uid-pool.ts';
import { type ResolvedProgram, resolveProgram } from './program/resolve-program.ts';
import type { ShimResolver } from './program/shim.ts';
import type { Reaper } from './reaper.ts';
import type { ProcessTree, TreeSpec } from './tree.ts';

/** What all launches of one runtime process share. */
export interface Launcher {
  host: SandboxHost;
  ownerFolder: string;
  hiddenPaths: readonly string[];
  path: string;
  shims: ShimResolver;
  uids: UidPool;
  reaper: Reaper;
}

/** Processes that the isolated form needs of its own, over what the connector may have. */
const ownPids = 4;

/** Steps of one launch; what a step has made is undone when a later one fails, and given back when the run is over. */
export async function launchRun(launcher: Launcher, spec: LaunchSpec, onDisposed: () => void): Promise<SandboxChild> {
  const { host, reaper, uids } = launcher;
  if (!/^[\w.-]+$/.test(spec.runId)) throw launchFailed(`run id ${JSON.stringify(spec.runId)} cannot name a folder`);
  const undo: (() => void | Promise<void>)[] = [];
  const release = async (): Promise<void> => {
    for (const step of undo.toReversed()) await step();
    onDisposed();
  };
  try {
    const uid = host.root ? await uids.acquire() : undefined;
    if (uid !== undefined) undo.push(() => uids.release(uid));
    const folder = await makeRunFolder(launcher.ownerFolder, spec.runId, uid);
    undo.push(() => folder.wipe());
    const group = await makeGroup(launcher, spec);
    if (group !== undefined) undo.push(() => group.remove());
    const reaped = { runId: spec.runId, pid: 0, uid, procsFile: group?.joinFiles()[0] };
    const slot = reaper.add(reaped);
    undo.push(() => reaper.remove(slot));
    const tree = await startTree(launcher, spec, { uid, folder, group });
    reaper.update(slot, { ...reaped, pid: tree.rootPid });
    return sandboxChild(tree, { oom: () => (group?.oomKills() ?? 0) > 0, release });
  } catch (error) {
    await release();
    throw error;
  }
}

/** The runtime that a control group's name says it belongs to. */
export function ownerOfGroup(name: string): string {
  return name.slice(0, name.indexOf('.'));
}

async function makeGroup({ host, ownerFolder }: Launcher, { runId, limits }: LaunchSpec): Promise<RunCgroup | undefined> {
  if (host.cgroups === undefined) return undefined;
  const pids = limits.pids === undefined ? {} : { pids: limits.pids + (host.bubblewrap === undefined ? 0 : ownPids) };
  return RunCgroup.create(host.cgroups, `${basename(ownerFolder)}.${runId}`, { ...limits, ...pids });
}

interface Prepared {
  uid: number | undefined;
  folder: RunFolder;
  group: RunCgroup | undefined;
}

async function startTree(launcher: Launcher, spec: LaunchSpec, { uid, folder, group }: Prepared): Promise<ProcessTree> {
  const { host, path } = launcher;
  if (statsOf(spec.cwd)?.isDirectory() !== true) throw launchFailed(`the type's folder ${spec.cwd} is not there`);
  const program = await findProgram(launcher, spec, uid);
  const readable = readableTypeFolder(spec.cwd, {
    uid,
    mounted: host.bubblewrap !== undefined,
    copyPath: folder.typeCopy,
    hidden: launcher.hiddenPaths,
  });
  const environment = { ...spec.environment(folder.work) };
  environment['CONNECTOR_WORKDIR'] = folder.work;
  environment['PATH'] = [...program.pathFolders, environment['PATH'] ?? path].join(delimiter);
  const common: TreeSpec & { path: string } = {
    workFolder: folder.work,
    command: [program.file, ...spec.command.slice(1)],
    environment,
    uid,
    enter: [enterScript(spec.limits), 'connector-enter', ...(group?.joinFiles() ?? []), '--'],
    groupPids: group === undefined ? undefined : () => group.pids(),
    path,
  };
  if (host.bubblewrap === undefined) return startPlainTree({ ...common, folder: readable, setpriv: host.setpriv });
  const mounts = mountArguments({
    ...shownPaths(launcher, spec, program),
    typeFolder: { at: spec.cwd, from: readable },
    run: folder,
    workBytes: spec.limits.workBytes,
  });
  return startIsolatedTree({ ...common, bubblewrap: host.bubblewrap, folder: spec.cwd, mounts });
}

/** Without mounts a program counts only where the connector's own uid can get at it. */
function findProgram({ host, path, shims }: Launcher, { command, cwd }: LaunchSpec, uid: number | undefined): Promise<ResolvedProgram> {
  const usable = (file: string): boolean => uid === undefined || host.bubblewrap !== undefined || canExecute(file, uid);
  return resolveProgram(command[0] ?? '', { cwd, path, shims, usable });
}

/** What the sandbox shows of the host, and what of it stays out of sight. Places are checked by where they really lead. */
function shownPaths({ hiddenPaths }: Launcher, spec: LaunchSpec, program: ResolvedProgram): { readOnly: string[]; masked: string[] } {
  const wanted = [...spec.readPaths, ...program.shown, ...(spec.programPaths ?? [])];
  const readOnly = [...new Set(wanted.map((path) => resolve(path)))].filter((path) => existsSync(path));
  const hidden = hiddenPaths.filter((path) => existsSync(path)).map((path) => realpathSync(path));
  for (const path of readOnly) {
    const real = realpathSync(path);
    const keeper = [...hidden, '/proc', '/sys', '/dev'].find((folder) => contains(folder, real));
    if (keeper !== undefined) throw launchFailed(`the connector may not read ${path}: it belongs to the product or the system`);
  }
  const masked = [...readOnly, spec.cwd].flatMap((path) => {
    const real = realpathSync(path);
    return hidden.filter((folder) => contains(real, folder)).map((folder) => join(path, relative(real, folder)));
  });
  return { readOnly, masked: [...new Set(masked)] };
}
