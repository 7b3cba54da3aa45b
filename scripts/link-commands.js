// Run by npm's `prepare`, on whatever Node the user has: plain JavaScript, no dependency.
// npm links the commands of dependencies into node_modules/.bin, never those of the project itself; with these links
// `npx --no-install connectorctl` works in a fresh clone, and at once. They stand under `commands` in package.json, not under `bin`:
// npx would not look at the link of a name that is in the project's own `bin`, it would install the project into its cache and
// refuse its scripts. Packaging for npm writes them as `bin`.
import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'node_modules/.bin');
const { commands } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

mkdirSync(folder, { recursive: true });
for (const [name, path] of Object.entries(commands)) link(name, join(root, path));

function link(name, program) {
  if (!existsSync(program)) return;
  chmodSync(program, 0o755);
  const place = join(folder, name);
  if (currentTarget(place) === program) return;
  rmSync(place, { force: true });
  symlinkSync(relative(folder, program), place);
}

function currentTarget(place) {
  try {
    return resolve(folder, readlinkSync(place));
  } catch {
    return undefined; // no link there, or something that is none: replaced
  }
}
