import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * The commit that the git work tree around a folder has checked out, read from its files; undefined outside one, or before its first
 * commit. Never throws: a document's commit is worth telling, not worth failing for.
 */
export async function commitOf(folder: string): Promise<string | undefined> {
  try {
    const gitFolder = await gitFolderAbove(resolve(folder));
    if (gitFolder === undefined) return undefined;
    const head = (await readFile(join(gitFolder, 'HEAD'), 'utf8')).trim();
    const commit = head.startsWith('ref: ') ? await commitOfRef(gitFolder, head.slice('ref: '.length)) : head;
    return commit !== undefined && COMMIT.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** `.git` is a folder, or in work trees and submodules a file that names one. */
async function gitFolderAbove(folder: string): Promise<string | undefined> {
  const path = join(folder, '.git');
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isDirectory() === true) return path;
  if (facts?.isFile() === true) {
    const named = /^gitdir: (.+)$/m.exec(await readFile(path, 'utf8'))?.[1];
    return named === undefined ? undefined : resolve(folder, named.trim());
  }
  const parent = dirname(folder);
  return parent === folder ? undefined : gitFolderAbove(parent);
}

/** Branches of a work tree are kept by the repository that it belongs to, loose or packed. */
async function commitOfRef(gitFolder: string, ref: string): Promise<string | undefined> {
  const shared = await readFile(join(gitFolder, 'commondir'), 'utf8').catch(() => '.');
  const repository = resolve(gitFolder, shared.trim());
  const loose = await readFile(join(repository, ref), 'utf8').catch(() => undefined);
  if (loose !== undefined) return loose.trim();
  const packed = await readFile(join(repository, 'packed-refs'), 'utf8').catch(() => '');
  return packed
    .split('\n')
    .find((line) => line.endsWith(` ${ref}`))
    ?.split(' ')[0];
}
