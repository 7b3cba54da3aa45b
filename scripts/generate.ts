import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Generated, Generator } from './generators/registry.ts';

// Rewrites every generated file; `--check` writes nothing, names the stale ones and exits 1.
// A generator is a file in scripts/generators/ that exports `generated: Generated[]`; adding a generated file is one line there.
const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');

const stale: string[] = [];
for (const { path, make } of await allGenerated()) {
  const text = await make();
  if (text === (await currentText(path))) continue;
  stale.push(path);
  if (check) continue;
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
for (const path of stale) console.log(check ? `stale: ${path}` : `wrote ${path}`);
if (check && stale.length > 0) {
  console.log('run `npm run generate` and commit the result');
  process.exitCode = 1;
}

async function allGenerated(): Promise<Generated[]> {
  const folder = join(root, 'scripts/generators');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts') && name !== 'registry.ts').toSorted();
  const generators = await Promise.all(names.map((name) => import(join(folder, name)) as Promise<Generator>));
  return generators.flatMap((generator) => generator.generated);
}

async function currentText(path: string): Promise<string | undefined> {
  return readFile(join(root, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
