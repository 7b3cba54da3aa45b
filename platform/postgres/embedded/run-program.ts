import { spawn } from 'node:child_process';
import type { ServerUser } from './server-user.ts';

/** What a finished program left. */
export interface ProgramResult {
  /** Exit code; null when it could not be started or a signal ended it. */
  readonly code: number | null;
  /** End of stdout and stderr together, at most 4 KiB. */
  readonly output: string;
}

const OUTPUT_MAX_BYTES = 4_096;

/** The only environment that PostgreSQL's programs see: no PG* variable of the caller may steer them. */
export const programEnv = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Runs a program of PostgreSQL as the server's user to its end. Never throws: a failed start is a result without code. */
export async function runProgram(program: string, args: readonly string[], user: ServerUser): Promise<ProgramResult> {
  const { promise, resolve } = Promise.withResolvers<ProgramResult>();
  let output = '';
  const take = (chunk: Buffer): void => {
    output = `${output}${chunk.toString()}`.slice(-OUTPUT_MAX_BYTES);
  };
  const ids = user.dropped ? { uid: user.uid, gid: user.gid } : {};
  const child = spawn(program, args, { ...ids, cwd: '/', env: programEnv, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  child.on('error', (error) => resolve({ code: null, output: error.message }));
  child.on('close', (code) => resolve({ code, output }));
  return promise;
}
