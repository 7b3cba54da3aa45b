import { join } from 'node:path';
import type { LaunchSpec, Sandbox, SandboxChild } from '../apis/sandbox.ts';
import { deadOwners, makeOwnerFolder, ownerLives, wipeFolder } from './folders/owner-folder.ts';
import { workFolderOf } from './folders/run-folder.ts';
import { launchRun, type Launcher, ownerOfGroup } from './launch.ts';
import type { CgroupTree } from './limits/cgroup-tree.ts';
import { listCgroups, RunCgroup } from './limits/cgroup.ts';
import { processesOfRun, sendSignal } from './process/process-table.ts';
import { UidPool } from './process/uid-pool.ts';
import { probeHost } from './probe.ts';
import { shimResolver } from './program/shim.ts';
import { Reaper } from './reaper.ts';

/** What the sandbox of one runtime process needs. */
export interface SandboxOptions {
  /** Run folders are made below it, one folder a runtime process; made when absent. Every folder above it must let others pass when we are root. */
  runsFolder: string;
  /** Folders that no connector may see, whatever its type names: data folder, secrets. */
  hiddenPaths: readonly string[];
  /** The runtime's own environment: PATH to find programs on, HOME for version managers. */
  hostEnvironment: Readonly<Record<string, string | undefined>>;
  /** `process` does without bubblewrap. */
  method?: 'auto' | 'process';
}

/**
 * Opens the sandbox: looks what this host can do, ends and removes what dead runtimes have left, starts the reaper.
 * Close it when no run is left.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const path = options.hostEnvironment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  const host = await probeHost({ path, ...(options.method === undefined ? {} : { method: options.method }) });
  await sweep(options.runsFolder, host.cgroups);
  const ownerFolder = await makeOwnerFolder(options.runsFolder);
  const children = new Map<string, SandboxChild>();
  const launcher: Launcher = {
    host,
    ownerFolder,
    hiddenPaths: options.hiddenPaths,
    path,
    shims: shimResolver(options.hostEnvironment),
    uids: new UidPool(),
    reaper: new Reaper(ownerFolder, path),
  };
  return {
    isolation: host.isolation,
    launch: async (spec: LaunchSpec) => {
      const child = await launchRun(launcher, spec, () => children.delete(spec.runId));
      children.set(spec.runId, child);
      return child;
    },
    close: async () => {
      await Promise.all([...children.values()].map((child) => child.dispose()));
      await launcher.reaper.close();
      launcher.uids.close();
      await wipeFolder(ownerFolder);
    },
  };
}

/** Ends and removes what runtimes that are no more have left: processes, control groups, folders. Leaves living runtimes alone. */
export async function sweep(runsFolder: string, cgroups: CgroupTree | undefined): Promise<void> {
  const groups = cgroups === undefined ? [] : await listCgroups(cgroups);
  for (const name of groups) {
    if (cgroups !== undefined && !ownerLives(ownerOfGroup(name))) await endGroup(new RunCgroup(cgroups, name));
  }
  for (const { folder, runIds } of await deadOwners(runsFolder)) {
    for (const runId of runIds) {
      for (const pid of processesOfRun(workFolderOf(join(folder, runId)))) sendSignal(pid, 'SIGKILL');
    }
    await wipeFolder(folder);
  }
}

async function endGroup(group: RunCgroup): Promise<void> {
  for (const pid of group.pids()) sendSignal(pid, 'SIGKILL');
  await group.remove();
}
