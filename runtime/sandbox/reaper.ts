import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { reaperScript } from './launch-scripts.ts';

/** What the reaper must know of a run to end it without us. */
export interface ReapedRun {
  runId: string;
  /** Root of the tree and its process group; 0 before it is known. */
  pid: number;
  uid: number | undefined;
  /** List of the processes in the run's control group. */
  procsFile: string | undefined;
}

const respawnMs = 100;

/**
 * One small process of its own session that kills this runtime's connectors when the runtime is gone, however it went: it holds the other
 * end of a pipe. It is a shell, so that whoever kills every Node process leaves it alive; and when it is killed itself, another takes over.
 */
export class Reaper {
  readonly #folder: string;
  readonly #path: string;
  readonly #runs = new Map<number, ReapedRun>();
  #process: ChildProcess | undefined;
  #closed = false;

  /** `ownerFolder` is removed at the end; `path` is where `setpriv` and `grep` are looked for. */
  constructor(ownerFolder: string, path: string) {
    this.#folder = ownerFolder;
    this.#path = path;
    this.#start();
  }

  /** Process id of the reaper that is on duty now. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Hands a run over. Gives its slot, for `update` and `remove`. Told before the process exists, so that no moment is uncovered. */
  add(run: ReapedRun): number {
    let slot = 0;
    while (this.#runs.has(slot)) slot++;
    this.update(slot, run);
    return slot;
  }

  update(slot: number, run: ReapedRun): void {
    this.#runs.set(slot, run);
    this.#tell(slot, run);
  }

  /** Takes a run back that has ended: its numbers may soon be another process's. */
  remove(slot: number): void {
    this.#runs.delete(slot);
    this.#process?.stdin?.write(`end ${slot}\n`);
  }

  /** Lets the reaper go; whatever is still handed over is killed. Resolves when it has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.ref();
    child.stdin?.end();
    await ended;
  }

  #tell(slot: number, { runId, pid, uid, procsFile }: ReapedRun): void {
    this.#process?.stdin?.write(`run ${slot} ${runId} ${pid} ${uid ?? '-'} ${procsFile ?? '-'}\n`);
  }

  #start(): void {
    const child = spawn('/bin/sh', ['-c', reaperScript, 'connector-reaper', this.#folder], {
      detached: true,
      cwd: '/',
      env: { PATH: this.#path },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#process = child;
    child.unref();
    (child.stdin as Socket).unref();
    // A reaper that dies takes the pipe along; the next one is told everything anew.
    child.stdin.on('error', () => undefined);
    child.once('error', () => this.#restart());
    child.once('exit', () => this.#restart());
    for (const [slot, run] of this.#runs) this.#tell(slot, run);
  }

  #restart(): void {
    if (!this.#closed) setTimeout(() => this.#closed || this.#start(), respawnMs).unref();
  }
}
