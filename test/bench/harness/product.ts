import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runtimeFlags } from '../../../platform/runtime-flags.ts';

/** A program of the product under measurement. */
export interface MeasuredProcess {
  readonly pid: number;
  /** Resolves with the first log line whose message is this one; rejects when the process ends before. */
  logged(message: string): Promise<void>;
  /** Asks for an orderly stop, by the end of stdin where the program listens for that and by SIGTERM, and waits for it. */
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts `runtime serve` as the supervisor of the product starts it, and resolves when it claims runs. */
export async function startRuntime(options: { url: string; data: string; env?: Record<string, string> }): Promise<MeasuredProcess> {
  const env = { DATABASE_URL: options.url, CONNECTOR_DATA: options.data, CONNECTOR_BASEDIR: options.data, ...options.env };
  const runtime = startProgram([...runtimeFlags, `${root}runtime/main.ts`, 'serve'], env);
  await runtime.logged('runtime is ready');
  return runtime;
}

/** Starts `connector-controller serve` with its runtime, as `npm start` does. Without `url` it brings its own PostgreSQL. */
export function startServe(options: { url?: string; data: string; watch: string; env?: Record<string, string> }): MeasuredProcess {
  const flags = ['serve', '--watch', options.watch, '--data', options.data, '--listen', '127.0.0.1:0'];
  const database = options.url === undefined ? {} : { DATABASE_URL: options.url };
  return startProgram([`${root}bin/connector-controller.js`, ...flags], { ...database, ...options.env });
}

function startProgram(args: readonly string[], env: Record<string, string>): MeasuredProcess {
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['pipe', 'ignore', 'pipe'] });
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: child.stderr as Readable }).on('line', (line) => {
    lines.push(line);
    for (const look of watchers) look();
  });
  const ended = once(child, 'exit');
  return {
    pid: child.pid as number,
    logged: (message) => whenLogged(message, { child, lines, watchers }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.stdin?.end();
      child.kill('SIGTERM');
      await ended;
    },
  };
}

interface LogOf {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  readonly watchers: Set<() => void>;
}

function whenLogged(message: string, { child, lines, watchers }: LogOf): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!lines.some((line) => line.includes(`"${message}"`))) return;
      watchers.delete(look);
      resolve();
    };
    watchers.add(look);
    child.once('exit', () => reject(new Error(`it ended before it said "${message}":\n${lines.slice(-20).join('\n')}`)));
    look();
  });
}
