import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxLimits } from '../../apis/sandbox.ts';
import { sandboxUnavailable } from '../failures.ts';
import type { CgroupTree, Controller } from './cgroup-tree.ts';

const cpuPeriodUs = 100_000;
/** One above the largest that the kernel ever gives (2^22). */
const impossiblePid = String(2 ** 22 + 1);

/** The control group of one run: limits for its whole tree, and a list of its processes that none of them can leave. */
export class RunCgroup {
  readonly #tree: CgroupTree;
  /** One folder per hierarchy: a single one in version 2. */
  readonly #folders: ReadonlyMap<Controller, string>;

  constructor(tree: CgroupTree, name: string) {
    this.#tree = tree;
    this.#folders = new Map([...tree.folders].map(([controller, folder]) => [controller, join(folder, name)]));
  }

  /**
   * Makes the group and sets its limits; where cpu is a hierarchy of its own and has no limit, it is left out. Throws
   * `SandboxUnavailable` when the kernel refuses one: nothing is enforced half.
   */
  static async create(tree: CgroupTree, name: string, limits: SandboxLimits): Promise<RunCgroup> {
    const folders = [...tree.folders].filter(([controller]) => controller !== 'cpu' || limits.cpuCores !== undefined);
    const group = new RunCgroup({ ...tree, folders: new Map(folders) }, name);
    try {
      for (const folder of group.#distinctFolders()) await mkdir(folder);
      void group.#expectEntry();
      await group.limit(limits);
      return group;
    } catch (error) {
      await group.remove();
      const { code, path } = error as NodeJS.ErrnoException;
      throw sandboxUnavailable(`limits cannot be set (${code ?? 'unknown'} at ${path ?? name})`);
    }
  }

  /** Sets limits of a group that exists, as far as the host has controllers for them. */
  async limit(limits: SandboxLimits): Promise<void> {
    for (const [controller, file, value] of settings(this.#tree.version, limits)) {
      const folder = this.#folders.get(controller);
      if (folder !== undefined) await writeSetting(join(folder, file), value);
    }
  }

  /** Files that a process writes its own pid to, before it becomes the connector. */
  joinFiles(): string[] {
    return this.#distinctFolders().map((folder) => join(folder, 'cgroup.procs'));
  }

  /** Everything that runs in the group now. */
  pids(): number[] {
    const [folder] = this.#distinctFolders();
    return folder === undefined ? [] : readLines(join(folder, 'cgroup.procs')).map(Number);
  }

  /** How many processes of the group the kernel has killed for want of memory. */
  oomKills(): number {
    const folder = this.#folders.get('memory');
    if (folder === undefined) return 0;
    const lines = readLines(join(folder, this.#tree.version === 2 ? 'memory.events' : 'memory.oom_control'));
    return Number(lines.find((line) => line.startsWith('oom_kill '))?.slice('oom_kill '.length) ?? 0);
  }

  /** Removes the group once its last process is gone; one that stays busy is left to the next start. */
  async remove(): Promise<void> {
    for (const folder of this.#distinctFolders()) await removeFolder(folder);
  }

  /**
   * Tells the kernel that a process is about to enter. The first entry after a pause waits for all cores to have noticed (5 to 9 ms), those
   * right after it do not; entering with a pid that cannot exist does the waiting beside the launch and moves nothing.
   */
  async #expectEntry(): Promise<void> {
    const [file] = this.joinFiles();
    if (file !== undefined) await writeFile(file, impossiblePid, { flag: 'r+' }).catch(() => undefined);
  }

  #distinctFolders(): string[] {
    return [...new Set(this.#folders.values())];
  }
}

/** Names of the groups that exist below ours, of living and dead runtimes alike. */
export async function listCgroups(tree: CgroupTree): Promise<string[]> {
  const names = new Set<string>();
  for (const folder of new Set(tree.folders.values())) {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) names.add(entry.name);
  }
  return [...names];
}

type Setting = [controller: Controller, file: string, value: string];

function settings(version: 1 | 2, limits: SandboxLimits): Setting[] {
  const chosen: Setting[] = [];
  const { memoryBytes, pids, cpuCores } = limits;
  if (memoryBytes !== undefined) {
    const bytes = String(memoryBytes);
    if (version === 1) chosen.push(['memory', 'memory.limit_in_bytes', bytes], ['memory', 'memory.memsw.limit_in_bytes', bytes]);
    else chosen.push(['memory', 'memory.max', bytes], ['memory', 'memory.swap.max', '0'], ['memory', 'memory.oom.group', '1']);
  }
  if (pids !== undefined) chosen.push(['pids', 'pids.max', String(pids)]);
  if (cpuCores !== undefined) {
    const quotaUs = String(Math.max(1000, Math.round(cpuCores * cpuPeriodUs)));
    if (version === 1) chosen.push(['cpu', 'cpu.cfs_period_us', String(cpuPeriodUs)], ['cpu', 'cpu.cfs_quota_us', quotaUs]);
    else chosen.push(['cpu', 'cpu.max', `${quotaUs} ${cpuPeriodUs}`]);
  }
  return chosen;
}

/** Kernels without accounting of swap lack its files; without swap there is nothing to limit then. */
async function writeSetting(file: string, value: string): Promise<void> {
  const optional = /(memsw\.limit_in_bytes|swap\.max)$/.test(file);
  if (!optional || existsSync(file)) await writeFile(file, value, { flag: 'r+' });
}

/** A killed process leaves its group a moment after it was reaped. */
async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return;
      await sleep(10);
    }
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').filter(Boolean);
  } catch {
    return []; // the group is gone, or was never made
  }
}
