import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const program = fileURLToPath(new URL('../../../bin/connector-controller.js', import.meta.url));
const LOG_MAX_CHARS = 2_000_000;
const START_MS = 60_000;
const STOP_MS = 45_000;

/** How the product is started. */
export interface ServeOptions {
  readonly dataFolder: string;
  readonly watch: string;
  readonly types: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** One `connector-controller serve`, started again whenever it ends, as a service manager would do it, until it is stopped. */
export class ServeProcess {
  readonly options: ServeOptions;
  #child: ChildProcess | undefined;
  #log = '';
  #wanted = true;
  /** Ends that were neither asked for nor kills: exit code and last words. */
  readonly failures: string[] = [];

  constructor(options: ServeOptions) {
    this.options = options;
    this.#start();
  }

  /** Pid while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The newest part of what it logged, over all lives. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when the API says ready; it listens on a port of its own choice at each start. */
  async ready(): Promise<void> {
    const probe = async (): Promise<boolean> => (await this.#get('/readyz')).ok;
    await until(probe, { forMs: START_MS, what: () => `ready: ${this.#log.slice(-4_000)}` });
  }

  /** What `/readyz` answers: its status code and body; undefined while nothing answers. */
  async readiness(): Promise<{ status: number; body: string } | undefined> {
    const answer = await this.#get('/readyz').catch(() => undefined);
    return answer && { status: answer.status, body: await answer.text() };
  }

  /** Kills it; it is started again. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Kills it for good, as when its machine is gone. */
  killForGood(): void {
    this.#wanted = false;
    this.kill();
  }

  /** A number of `/metrics`, by its name and labels as they are printed there; 0 when it is not there. */
  async metric(name: string): Promise<number> {
    const text = await (await this.#get('/metrics')).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    return Number(line?.slice(name.length) ?? 0);
  }

  /** Stops in order; throws when that takes longer than an operator would wait. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGTERM');
    const patience = new AbortController();
    const late = sleep(STOP_MS, 'late' as const, { signal: patience.signal }).catch(() => 'stopped' as const);
    const end = await Promise.race([once(child, 'exit').then(() => 'stopped' as const), late]);
    patience.abort();
    if (end === 'late') child.kill('SIGKILL');
    if (end === 'late') throw new Error(`it did not stop within ${STOP_MS / 1_000} s: ${this.#log.slice(-4_000)}`);
  }

  #get(path: string): Promise<Response> {
    const { server } = JSON.parse(readFileSync(join(this.options.dataFolder, 'client.json'), 'utf8')) as { server: string };
    return fetch(`${server}${path}`, { signal: AbortSignal.timeout(5_000) });
  }

  #start(): void {
    if (!this.#wanted) return;
    const { dataFolder, watch, types, env } = this.options;
    const args = ['serve', '--data', dataFolder, '--listen', '127.0.0.1:0', '--watch', watch, '--types', types];
    const child = spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-LOG_MAX_CHARS);
    });
    child.once('exit', (code, by) => {
      this.#child = undefined;
      if (by !== 'SIGKILL' && this.#wanted) this.failures.push(`${code}: ${this.#log.slice(-1_500)}`);
      if (this.#wanted) setTimeout(() => this.#start(), 200);
    });
  }
}
