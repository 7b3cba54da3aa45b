import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { statsOf } from '../folders/access.ts';

/** Replaces the shims of version managers (pyenv, asdf, nodenv, ...) by the programs that they stand for. */
export interface ShimResolver {
  /** The program itself for what is no shim; undefined for a shim that does not tell what it stands for. */
  resolve(file: string): Promise<string | undefined>;
}

const shimWaitMs = 10_000;

/** Asks each shim once. `environment` is the host's: version managers need `PATH` and `HOME`. */
export function shimResolver(environment: Readonly<Record<string, string | undefined>>): ShimResolver {
  const known = new Map<string, Promise<string | undefined>>();
  return {
    async resolve(file) {
      if (basename(dirname(file)) !== 'shims') return file;
      const asked = known.get(file) ?? ask(file, environment);
      known.set(file, asked);
      return asked;
    },
  };
}

/**
 * Has the program print its own path. It runs with `/` as its folder: version managers read settings from the current one, and a type's
 * folder must not decide what we execute here.
 */
async function ask(file: string, environment: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const question = questionTo(basename(file));
  if (question === undefined) return undefined;
  const { PATH, HOME } = environment;
  const options = { cwd: '/', timeout: shimWaitMs, env: { PATH: PATH ?? '', ...(HOME === undefined ? {} : { HOME }) } };
  const answer = await new Promise<string>((resolve) => {
    execFile(file, question, options, (error, stdout) => resolve(error === null ? stdout.trim() : ''));
  });
  const isFile = answer.startsWith('/') && statsOf(answer)?.isFile();
  return isFile === true ? answer : undefined;
}

function questionTo(name: string): string[] | undefined {
  if (/^python[\d.]*$/.test(name)) return ['-c', 'import sys; print(sys.executable)'];
  if (name === 'node') return ['-p', 'process.execPath'];
  if (name === 'ruby') return ['-e', 'print RbConfig.ruby'];
  return undefined;
}
