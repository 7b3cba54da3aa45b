import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectorExit, Disposal, SandboxChild } from '../apis/sandbox.ts';
import { sendSignal } from './process/process-table.ts';
import type { ProcessTree } from './tree.ts';

/** What is to be done around a tree's end. */
export interface ChildHooks {
  /** Whether the kernel has killed for want of memory; asked right after the end. */
  oom: () => boolean;
  /** Gives back what the run had: folder, control group, uid. Called once, when no process is left. */
  release: () => Promise<void>;
}

/** A running tree behind the port. */
export function sandboxChild(tree: ProcessTree, { oom, release }: ChildHooks): SandboxChild {
  let orphansKilled = 0;
  let killEscalated = false;
  let terminating: Promise<void> | undefined;
  let disposal: Promise<Disposal> | undefined;
  const exited: Promise<ConnectorExit> = tree.ended.then((end) => ({ ...end, oom: oom() }));

  const kill = async (): Promise<void> => {
    orphansKilled += await tree.killAll();
    await exited;
  };
  const terminate = async (graceMs: number): Promise<void> => {
    const pid = tree.connectorPid();
    if (pid !== undefined) sendSignal(pid, 'SIGTERM');
    if (await endsWithin(exited, graceMs)) return;
    killEscalated = true;
    await kill();
  };
  const dispose = async (): Promise<Disposal> => {
    await kill();
    // Whoever reads on sees the end; whoever has stopped reading keeps no descriptor open.
    for (const stream of [tree.stdin, tree.stdout, tree.stderr]) stream.destroy();
    await release();
    return { orphansKilled, killEscalated };
  };
  return {
    pid: tree.rootPid,
    stdin: tree.stdin,
    stdout: tree.stdout,
    stderr: tree.stderr,
    exited,
    terminate: (graceMs) => (terminating ??= terminate(graceMs)),
    kill,
    dispose: () => (disposal ??= dispose()),
  };
}

async function endsWithin(exited: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const waited = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  const ended = await Promise.race([exited.then(() => true), waited]);
  timer.abort();
  return ended;
}
