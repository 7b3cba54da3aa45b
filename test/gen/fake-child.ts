import { PassThrough } from 'node:stream';
import type { ConnectorExit, SandboxChild } from '../../runtime/apis/sandbox.ts';

/** A child without a process: a test writes its output and says how it ends. */
export interface FakeChild extends SandboxChild {
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  /** What was done to it, in order: `terminate 200`, `kill`. */
  readonly done: string[];
  /** Lines on stdout. */
  say(...messages: readonly (object | string)[]): void;
  /** Ends the process; stdout ends too unless something holds it. */
  exit(code: number, held?: 'stdout held'): void;
}

/** Makes one. `obeys`: SIGTERM ends it. */
export function fakeChild(obeys = true): FakeChild {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const { promise: exited, resolve } = Promise.withResolvers<ConnectorExit>();
  const done: string[] = [];
  const die = (signal: NodeJS.Signals): Promise<void> => {
    resolve({ code: null, signal, oom: false });
    stdout.end();
    return Promise.resolve();
  };
  return {
    pid: 1,
    stdin,
    stdout,
    stderr,
    done,
    exited,
    say(...messages) {
      for (const message of messages) stdout.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
    },
    exit(code, held) {
      resolve({ code, signal: null, oom: false });
      if (held === undefined) stdout.end();
    },
    terminate(graceMs) {
      done.push(`terminate ${graceMs}`);
      return obeys ? die('SIGTERM') : exited.then(() => undefined);
    },
    kill() {
      done.push('kill');
      return die('SIGKILL');
    },
    dispose: async () => ({ orphansKilled: 0, killEscalated: false }),
  };
}
