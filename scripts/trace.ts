import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { idsInTitles, requirementRows, type Requirement } from './trace/requirements.ts';

// `npm run trace -- [--missing] [--area AREA] [PREFIX...]`: which requirement has a test that names it, which has none.
// Also lists IDs that tests name and no table has: a typo there would count a requirement as shown that is not. Those exit 1.
const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: { missing: { type: 'boolean', default: false }, area: { type: 'string' } },
  allowPositionals: true,
});

const requirements = await readRequirements();
const tests = await readTests();
const known = new Set(requirements.map((row) => row.id));
const shown = requirements.filter(wanted);
const withTest = shown.filter((row) => tests.has(row.id));

for (const row of shown) {
  const files = tests.get(row.id);
  if (files === undefined) console.log(`-     ${row.id}  (${row.area})  ${row.text}`);
  else if (!values.missing) console.log(`ok    ${row.id}  ${[...files].join(', ')}`);
}
const unknown = [...tests.keys()].filter((id) => !known.has(id));
for (const id of unknown) console.log(`?     ${id} is in no table of docs/requirements: ${[...(tests.get(id) ?? [])].join(', ')}`);
console.log(`${withTest.length} of ${shown.length} requirements have a test`);
process.exitCode = unknown.length === 0 ? 0 : 1;

function wanted(row: Requirement): boolean {
  const inArea = values.area === undefined || row.area === values.area;
  return inArea && (positionals.length === 0 || positionals.some((prefix) => row.id.startsWith(prefix)));
}

async function readRequirements(): Promise<Requirement[]> {
  const folder = join(root, 'docs/requirements');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text, index) => requirementRows(text, names[index] ?? ''));
}

async function readTests(): Promise<Map<string, Set<string>>> {
  const names = (await readdir(join(root, 'test'), { recursive: true })).filter((name) => name.endsWith('.test.ts')).toSorted();
  const found = new Map<string, Set<string>>();
  for (const name of names) {
    for (const id of idsInTitles(await readFile(join(root, 'test', name), 'utf8'))) {
      found.set(id, (found.get(id) ?? new Set()).add(`test/${name}`));
    }
  }
  return found;
}
