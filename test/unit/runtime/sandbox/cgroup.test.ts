import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listCgroups, RunCgroup } from '../../../../runtime/sandbox/limits/cgroup.ts';
import { findCgroupTree } from '../../../../runtime/sandbox/limits/cgroup-tree.ts';

// Plain folders that look like a kernel's: what is written where can be told without the rights to set limits.
let root: string;
let proc: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cgroup-'));
  proc = join(root, 'proc');
  mkdirSync(proc);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function mounted(...lines: string[]): void {
  writeFileSync(join(proc, 'mountinfo'), lines.map((line) => `30 23 0:26 / ${line}\n`).join(''));
}
function file(...path: string[]): void {
  const whole = join(root, ...path);
  mkdirSync(join(whole, '..'), { recursive: true });
  writeFileSync(whole, '');
}

describe('a place for control groups', () => {
  test('version 2 below our own group, once its controllers can be passed on', async () => {
    mounted(`${root}/v2 rw - cgroup2 cgroup rw`);
    writeFileSync(join(proc, 'cgroup'), '0::/service\n');
    for (const name of ['cgroup.subtree_control', 'connector-controller/cgroup.subtree_control']) file('v2/service', name);
    writeFileSync(join(root, 'v2/service/cgroup.controllers'), 'cpu io memory pids\n');
    const folder = join(root, 'v2/service/connector-controller');
    expect(await findCgroupTree(proc)).toEqual({
      version: 2,
      folders: new Map([
        ['memory', folder],
        ['pids', folder],
        ['cpu', folder],
      ]),
    });
  });

  test('version 2 below the root where our own group cannot pass them on', async () => {
    mounted(`${root}/v2 rw - cgroup2 cgroup rw`);
    writeFileSync(join(proc, 'cgroup'), '0::/service\n');
    mkdirSync(join(root, 'v2/service'), { recursive: true });
    writeFileSync(join(root, 'v2/service/cgroup.controllers'), 'memory pids\n');
    writeFileSync(join(root, 'v2/cgroup.controllers'), 'memory pids\n');
    for (const name of ['cgroup.subtree_control', 'connector-controller/cgroup.subtree_control']) file('v2', name);
    expect((await findCgroupTree(proc))?.folders.get('memory')).toBe(join(root, 'v2/connector-controller'));
  });

  test('version 1 where version 2 has no memory controller; one hierarchy each, and cpu may be missing', async () => {
    mounted(`${root}/v2 rw - cgroup2 cgroup rw`, `${root}/memory rw - cgroup cgroup rw,memory`, `${root}/pids rw - cgroup cgroup rw,pids`);
    writeFileSync(join(proc, 'cgroup'), '5:memory:/own\n4:pids:/\n0::/\n');
    mkdirSync(join(root, 'v2'));
    writeFileSync(join(root, 'v2/cgroup.controllers'), 'hugetlb\n');
    for (const place of ['memory/own', 'pids']) file(place, 'connector-controller/cgroup.procs');
    const tree = await findCgroupTree(proc);
    expect(tree).toEqual({
      version: 1,
      folders: new Map([
        ['memory', join(root, 'memory/own/connector-controller')],
        ['pids', join(root, 'pids/connector-controller')],
      ]),
    });
  });

  test('none where nothing is mounted, or nothing may be made', async () => {
    expect(await findCgroupTree(proc)).toBeUndefined();
    mounted(`${root}/absent rw - cgroup cgroup rw,memory`);
    expect(await findCgroupTree(proc)).toBeUndefined();
  });
});

describe("a run's control group", () => {
  const limits = { memoryBytes: 1 << 20, pids: 7, cpuCores: 0.5 };
  const tree = (version: 1 | 2) => {
    const folder = join(root, 'tree');
    mkdirSync(folder, { recursive: true });
    return {
      version,
      folders: new Map([
        ['memory', folder],
        ['pids', folder],
        ['cpu', folder],
      ] as const),
    };
  };

  test('that the kernel refuses is SandboxUnavailable, and none is left', async () => {
    // A plain folder has no files that set limits.
    await expect(RunCgroup.create(tree(2), '1-2.r', limits)).rejects.toMatchObject({ reason: 'SandboxUnavailable' });
    expect(await listCgroups(tree(2))).toEqual([]);
  });

  test('has no part in a hierarchy of cpu where that is not limited: a process of fixed priority could not enter it', async () => {
    const folders = new Map((['memory', 'pids', 'cpu'] as const).map((name) => [name, join(root, name)] as const));
    for (const folder of folders.values()) mkdirSync(folder);
    const group = await RunCgroup.create({ version: 1, folders }, 'r', {});
    expect(group.joinFiles()).toEqual([join(root, 'memory/r/cgroup.procs'), join(root, 'pids/r/cgroup.procs')]);
    expect(readdirSync(join(root, 'cpu'))).toEqual([]);
  });

  test.each([
    [2, { 'memory.max': '1048576', 'memory.swap.max': '0', 'memory.oom.group': '1', 'pids.max': '7', 'cpu.max': '50000 100000' }],
    [1, { 'memory.limit_in_bytes': '1048576', 'memory.memsw.limit_in_bytes': '1048576', 'pids.max': '7', 'cpu.cfs_quota_us': '50000' }],
  ] as const)('of version %i gets these settings', async (version, expected) => {
    const { folders } = tree(version);
    const made = join(folders.get('memory') as string, 'r');
    // The kernel makes these files together with the folder; here it is done before, by a run of the same name.
    mkdirSync(made);
    for (const name of [...Object.keys(expected), 'cpu.cfs_period_us']) file('tree', 'r', name);
    const group = new RunCgroup({ version, folders }, 'r');
    await group.limit(limits);
    for (const [name, value] of Object.entries(expected)) expect(readFileSync(join(made, name), 'utf8')).toBe(value);
    expect(group.joinFiles()).toEqual([join(made, 'cgroup.procs')]);
  });

  test('counts what the kernel has killed, of either version', () => {
    for (const [version, name] of [
      [2, 'memory.events'],
      [1, 'memory.oom_control'],
    ] as const) {
      const group = new RunCgroup(tree(version), 'r');
      expect(group.oomKills()).toBe(0);
      file('tree', 'r', name);
      writeFileSync(join(root, 'tree', 'r', name), 'oom 3\noom_kill 2\n');
      expect(group.oomKills()).toBe(2);
    }
  });

  test('tells its processes, and none once it is gone', async () => {
    const group = new RunCgroup(tree(2), 'r');
    file('tree', 'r', 'cgroup.procs');
    writeFileSync(join(root, 'tree', 'r', 'cgroup.procs'), '12\n34\n');
    expect(group.pids()).toEqual([12, 34]);
    rmSync(join(root, 'tree', 'r', 'cgroup.procs'));
    expect(group.pids()).toEqual([]);
    await group.remove();
    expect(existsSync(join(root, 'tree', 'r'))).toBe(false);
    expect(readdirSync(join(root, 'tree'))).toEqual([]);
  });
});
