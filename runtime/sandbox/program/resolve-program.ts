import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { Fault } from '../../../platform/errors.ts';
import { statsOf } from '../folders/access.ts';
import { inSystemFolder, inVirtualEnvironment, programPaths } from './program-paths.ts';
import type { ShimResolver } from './shim.ts';

/** Where a connector's program is, and what of the host it needs to run. */
export interface ResolvedProgram {
  /** Absolute path to execute. */
  file: string;
  /** Paths outside the system's folders that it needs, read-only. */
  shown: string[];
  /** Folders to put first in `PATH`, so that `env node` and the program's own tools find the same installation. */
  pathFolders: string[];
}

/** What the search may know. */
export interface ProgramSearch {
  /** Folder of the type document. */
  cwd: string;
  /** `PATH` of the host. */
  path: string;
  shims: ShimResolver;
  /** Whether a connector could execute this file; false makes the search go on in the next folder. */
  usable: (file: string) => boolean;
}

/**
 * Finds the program of a command: relative to the type's folder when it has a slash, else along `PATH`, where shims of version managers
 * are replaced by the program they stand for. Of a script its interpreter is found too. Throws `LaunchFailed`, naming what is missing.
 */
export async function resolveProgram(command: string, search: ProgramSearch, depth = 0): Promise<ResolvedProgram> {
  const relative = command.includes('/');
  const found = relative ? pathOf(resolve(search.cwd, command), search) : await findOnPath(command, search);
  const real = realpathSync(found);
  // By its own path where that matters to the program or is what the author wrote; else by the real one, which alone is shown.
  const file = relative || inSystemFolder(found) || inVirtualEnvironment(found) ? found : real;
  const program = {
    file,
    shown: unique([file, real].filter((path) => !inSystemFolder(path)).flatMap(programPaths)),
    pathFolders: relative || inSystemFolder(file) ? [] : [dirname(file)],
  };
  const interpreter = await interpreterOf(real, search, depth);
  if (interpreter === undefined) return program;
  return {
    file,
    shown: unique([...program.shown, ...interpreter.shown]),
    pathFolders: [...program.pathFolders, ...interpreter.pathFolders],
  };
}

function unique(paths: readonly string[]): string[] {
  return [...new Set(paths)];
}

/** As many scripts in a row as Linux itself would follow. */
const maxScripts = 4;

async function findOnPath(name: string, search: ProgramSearch): Promise<string> {
  for (const folder of search.path.split(delimiter)) {
    const candidate = join(folder, name);
    if (!isAbsolute(folder) || !isProgram(candidate)) continue;
    const program = await search.shims.resolve(candidate);
    if (program !== undefined && search.usable(realpathSync(program))) return program;
  }
  throw notFound(
    `program ${name} is not on the PATH of the runtime, or a connector may not execute it there`,
    'install it, or name another in runtime.command',
  );
}

function pathOf(file: string, search: ProgramSearch): string {
  if (isProgram(file) && search.usable(file)) return file;
  throw notFound(
    `program ${file} is not there or not executable`,
    'check runtime.command: it is relative to the folder of the type document',
  );
}

/** The interpreter of a `#!` line, `env NAME` included; undefined for what is no script. */
async function interpreterOf(file: string, search: ProgramSearch, depth: number): Promise<ResolvedProgram | undefined> {
  const line = /^#!\s*(.*)$/m.exec(firstBytes(file));
  if (line?.index !== 0) return undefined;
  if (depth === maxScripts)
    throw notFound(`${file} is a script whose interpreter is a script, ${maxScripts} times over`, 'name the interpreter itself');
  const [program, ...words] = (line[1] ?? '').trim().split(/\s+/);
  if (program === undefined || program === '') return undefined;
  if (basename(program) !== 'env') return resolveProgram(program, search, depth + 1);
  const name = words.find((word) => !word.startsWith('-') && !word.includes('='));
  return name === undefined ? undefined : resolveProgram(name, search, depth + 1);
}

function firstBytes(file: string): string {
  const bytes = Buffer.alloc(256);
  const descriptor = openSync(file, 'r');
  try {
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

function isProgram(file: string): boolean {
  const stats = statsOf(file);
  return stats !== undefined && stats.isFile() && (stats.mode & 0o111) !== 0;
}

function notFound(message: string, hint: string): Fault {
  return new Fault({ reason: 'LaunchFailed', message, hint, disposition: { kind: 'stall' } });
}
