import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders that hold other people's files. */
const SKIPPED = new Set(['node_modules', '.git', '__pycache__', '.venv']);
const MAX_DEPTH = 32;
const MAX_FILES = 100_000;

/** What a folder holds. */
export interface FoundDocuments {
  /** Absolute paths in order of name. */
  files: string[];
  /** Folders and files that could not be read, with the system's code such as EACCES. */
  unreadable: { path: string; code: string }[];
}

/**
 * Every .yaml, .yml and .json file below a folder, or the file itself. Links are followed, each real folder once, so that a loop ends.
 * Never throws for what the file system refuses.
 */
export async function findDocuments(root: string): Promise<FoundDocuments> {
  const found: FoundDocuments = { files: [], unreadable: [] };
  await visit(root, 0, found, new Set());
  found.files.sort();
  return found;
}

async function visit(path: string, depth: number, found: FoundDocuments, visited: Set<string>): Promise<void> {
  try {
    const info = await stat(path);
    if (info.isFile() && (depth === 0 || /\.(ya?ml|json)$/.test(path))) found.files.push(path);
    if (info.isDirectory()) await visitFolder(path, depth, found, visited);
  } catch (error) {
    found.unreadable.push({ path, code: (error as NodeJS.ErrnoException).code ?? 'unknown' });
  }
}

async function visitFolder(path: string, depth: number, found: FoundDocuments, visited: Set<string>): Promise<void> {
  const real = await realpath(path);
  if (visited.has(real) || depth > MAX_DEPTH || found.files.length > MAX_FILES) return;
  visited.add(real);
  const names = (await readdir(path)).filter((name) => !SKIPPED.has(name));
  for (const name of names) await visit(join(path, name), depth + 1, found, visited);
}
