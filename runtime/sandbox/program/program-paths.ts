import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * What must be shown of the host for a program that lies outside the system's folders: of an installation with `bin/` (pyenv, nvm, uv,
 * a virtual environment, the pinned Node) its programs and libraries, never the rest of the folder, which may be a home folder; of
 * Homebrew its programs and libraries as a whole, for they refer to each other; else the file alone.
 */
export function programPaths(file: string): string[] {
  const brew = /^(.*)\/Cellar\//.exec(file)?.[1];
  if (brew !== undefined) return ['Cellar', 'opt', 'lib', 'bin'].map((name) => join(brew, name)).filter(existsSync);
  const bin = dirname(file);
  if (basename(bin) !== 'bin') return [file];
  const installation = dirname(bin);
  return [bin, ...['lib', 'lib64', 'libexec', 'pyvenv.cfg'].map((name) => join(installation, name)).filter(existsSync)];
}

/** Whether a program belongs to a Python virtual environment, which it recognises by the path that it is called by. */
export function inVirtualEnvironment(file: string): boolean {
  return existsSync(join(dirname(dirname(file)), 'pyvenv.cfg'));
}

/** Folders that the sandbox shows as they are: the system's programs and libraries. */
export const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store', '/gnu/store'];

/** Whether a path lies in what the sandbox shows of the system anyway. */
export function inSystemFolder(path: string): boolean {
  return systemFolders.some((folder) => path.startsWith(`${folder}/`));
}
