import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// `npm run verify`: format, lint with types and boundaries, types, generated files. All checks run, one line each;
// the output of a failing one follows its line. Exit code 1 when one failed.
const root = fileURLToPath(new URL('..', import.meta.url));
const node = process.execPath;
const checks: [name: string, command: string, args: string[]][] = [
  ['format', 'node_modules/.bin/biome', ['format', '.']],
  ['lint', 'node_modules/.bin/oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives']],
  ['types', 'node_modules/.bin/tsc', ['-p', '.']],
  ['generated', node, ['scripts/generate.ts', '--check']],
];

let failed = 0;
for (const [name, command, args] of checks) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  const passed = result.status === 0;
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}`);
  if (passed) continue;
  failed += 1;
  console.log((result.error?.message ?? `${result.stdout}${result.stderr}`).trimEnd());
}
process.exitCode = failed === 0 ? 0 : 1;
