import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock } from '../../platform/clock.ts';

/** How the runtime is started and how patient its supervisor is. */
export interface RuntimeProgram {
  /** Program and its arguments; the first is the Node that runs us. */
  readonly argv: readonly [string, ...string[]];
  /** Whole environment of the runtime: it alone resolves secrets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A runtime that died is started again after this long at first, in milliseconds; doubled for each quick death. */
  readonly restartMs: number;
  readonly restartMaxMs: number;
  /** A stop that takes longer ends in SIGKILL; leases and reapers make that safe. In milliseconds. */
  readonly stopMs: number;
  /** Takes each line that the runtime writes to stderr, without its end. Left out: they go where ours go. */
  readonly onLine?: (line: string) => void;
}

/** What the supervisor tells; constant messages, facts as keys. */
export interface SupervisorLog {
  info(facts: Record<string, unknown>, message: string): void;
  warn(facts: Record<string, unknown>, message: string): void;
}

/** A life shorter than this counts as a quick death. */
const SETTLED_MS = 30_000;

/**
 * Keeps one runtime process alive until stopped. The runtime leads a session of its own, so that a Ctrl-C in the terminal reaches only us;
 * it is told to stop by the end of its stdin, which it also sees when we are killed.
 */
export class RuntimeSupervisor {
  readonly #program: RuntimeProgram;
  readonly #clock: Clock;
  readonly #log: SupervisorLog;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #quickDeaths = 0;
  #stopping = false;

  constructor(program: RuntimeProgram, clock: Clock, log: SupervisorLog) {
    this.#program = program;
    this.#clock = clock;
    this.#log = log;
  }

  /** Starts the runtime; returns at once. */
  start(): void {
    const [program, ...args] = this.#program.argv;
    const bornMs = this.#clock.monotonicMs();
    const { env, onLine } = this.#program;
    const child = spawn(program, args, { env, detached: true, stdio: ['pipe', 'inherit', onLine === undefined ? 'inherit' : 'pipe'] });
    this.#child = child;
    if (child.stderr !== null && onLine !== undefined) createInterface({ input: child.stderr }).on('line', onLine);
    // EPIPE when the runtime died first; its exit is what counts.
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) => this.#died({ error: error.message }, bornMs));
    child.once('exit', (code, signal) => this.#died({ code, signal }, bornMs));
  }

  /** Process id of the running runtime, if there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Asks for an orderly stop and waits for it, bounded. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.stdin?.end();
    const force = setTimeout(() => {
      this.#log.warn({ pid: child.pid }, 'runtime did not stop in time and is killed');
      child.kill('SIGKILL');
    }, this.#program.stopMs);
    await gone;
    clearTimeout(force);
  }

  #died(facts: Record<string, unknown>, bornMs: number): void {
    if (this.#child === undefined) return;
    this.#child = undefined;
    if (this.#stopping) return this.#log.info(facts, 'runtime stopped');
    this.#quickDeaths = this.#clock.monotonicMs() - bornMs < SETTLED_MS ? this.#quickDeaths + 1 : 1;
    const afterMs = Math.min(this.#program.restartMaxMs, this.#program.restartMs * 2 ** (this.#quickDeaths - 1));
    this.#log.warn({ ...facts, afterMs }, 'runtime died and is started again');
    this.#restart = setTimeout(() => this.start(), afterMs);
  }
}
