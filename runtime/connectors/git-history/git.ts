import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { ConnectorFailure } from '../sdk/failure.ts';

/** Git's answer to "is it there?": exit 0, or one of the codes that mean no. Anything else is a failure. */
export interface GitAnswer {
  readonly exitCode: number;
  readonly stdout: string;
}

export interface GitOptions {
  readonly gitDir: string;
  /** Transports that may be used, as in `GIT_ALLOW_PROTOCOL`: `none` for a local repository, which needs none. */
  readonly allowProtocol: string;
  readonly signal: AbortSignal;
}

/** How much of git's stderr is told in the run log when it fails. */
const maxStderrCharacters = 4_000;

/**
 * Runs the git program on one repository that may not be trusted: no system or user configuration, no hooks, no prompt, no pager, no
 * transport but the allowed ones, only plumbing commands, and the repository named outright, so that none is looked for in parent folders.
 */
export class Git {
  readonly #options: GitOptions;

  constructor(options: GitOptions) {
    this.#options = options;
  }

  /** Runs a command with a short answer. Exit codes above 2 become `ConnectorFailure` `git_failed`; 1 and 2 are git's ways to say no. */
  async ask(args: readonly string[]): Promise<GitAnswer> {
    const child = this.#spawn(args);
    let stdout = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      stdout += chunk;
    });
    const { exitCode, stderr } = await ended(child);
    if (exitCode > 2) throw gitFailed(args, exitCode, stderr);
    return { exitCode, stdout: stdout.trimEnd() };
  }

  /** As `ask`, for a command whose failure is an answer as well: resolves its exit code, whatever it is. */
  async attempt(args: readonly string[]): Promise<number> {
    const child = this.#spawn(args);
    child.stdout.resume();
    const { exitCode, stderr } = await ended(child);
    if (exitCode > 2) console.error(stderr);
    return exitCode;
  }

  /** Yields the parts of a command's output between separators (one byte), one at a time: memory stays at one part and one chunk. */
  async *split(args: readonly string[], separator: number): AsyncGenerator<Buffer> {
    const child = this.#spawn(args);
    const end = ended(child);
    try {
      yield* splitBytes(child.stdout, separator);
    } finally {
      child.stdout.destroy();
    }
    const { exitCode, stderr } = await end;
    if (exitCode !== 0) throw gitFailed(args, exitCode, stderr);
  }

  #spawn(args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
    const { gitDir, allowProtocol, signal } = this.#options;
    const safe = ['-c', 'safe.directory=*', '-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'gc.auto=0'];
    const env = { ...withoutGit(process.env), ...quietEnvironment, GIT_ALLOW_PROTOCOL: allowProtocol };
    return spawn('git', ['--no-pager', `--git-dir=${gitDir}`, ...safe, ...args], { env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

const quietEnvironment = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  LC_ALL: 'C',
};

function withoutGit(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('GIT_')));
}

async function* splitBytes(stream: Readable, separator: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let begin = 0;
    for (let at = chunk.indexOf(separator); at >= 0; at = chunk.indexOf(separator, begin)) {
      yield Buffer.concat([...parts, chunk.subarray(begin, at)]);
      parts = [];
      begin = at + 1;
    }
    if (begin < chunk.length) parts.push(chunk.subarray(begin));
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

async function ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<{ exitCode: number; stderr: string }> {
  let stderr = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-maxStderrCharacters);
  });
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(gitMissing(cause)));
    // A git that a signal ended has no exit code.
    child.on('close', (exitCode) => resolve({ exitCode: exitCode ?? 128, stderr }));
  });
}

function gitMissing(cause: Error): ConnectorFailure {
  const message = 'The git program could not be started; install git where the runtime runs';
  return new ConnectorFailure({ code: 'git_missing', message, recoveryHint: 'manual_action_required', cause });
}

function gitFailed(args: readonly string[], exitCode: number, stderr: string): ConnectorFailure {
  const message = `git ${args[0]} ended with code ${exitCode}; what it said is in the run log`;
  return new ConnectorFailure({ code: 'git_failed', message, retryable: true, cause: new Error(stderr) });
}
