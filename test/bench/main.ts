import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chooseFolder, removeFolder } from '../database-server.ts';
import { benches } from './harness/benches.ts';
import type { Effort, Figure } from './harness/figure.ts';
import { readMachine } from './harness/machine.ts';
import { printTable, renderReport } from './report.ts';

const usage = `npm run bench [-- [--short] [${Object.keys(benches).join(' | ')}]...]

Measures, prints a table, and rewrites docs/benchmarks.md when every bench ran in full. --short: fewer rounds, for whoever works on one.
`;
const reportFile = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));
const benchProcess = fileURLToPath(new URL('harness/bench-process.ts', import.meta.url));

process.exitCode = await main();

/** Exit code 0 when every bench gave figures (a missed goal is a figure too), 1 when one failed, 2 for wrong usage. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { short: { type: 'boolean', default: false } } });
  const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    process.stderr.write(usage);
    return 2;
  }
  const names = positionals.length === 0 ? Object.keys(benches) : positionals;
  await chooseFolder();
  try {
    const machine = await readMachine();
    const { figures, failed } = await measureAll(names, values.short ? 'short' : 'full');
    process.stdout.write(printTable(figures));
    if (failed.length > 0) process.stderr.write(`failed: ${failed.join(', ')}\n`);
    else if (positionals.length === 0 && !values.short) writeFileSync(reportFile, renderReport(figures, machine));
    return failed.length > 0 ? 1 : 0;
  } finally {
    await removeFolder();
  }
}

/** One after the other: two at once would measure each other. A bench that fails costs the others nothing but the report. */
async function measureAll(names: readonly string[], effort: Effort): Promise<{ figures: Figure[]; failed: string[] }> {
  const figures: Figure[] = [];
  const failed: string[] = [];
  for (const name of names) {
    process.stderr.write(`${name} ...\n`);
    const measured = await measureIn(name, effort);
    if (measured === undefined) failed.push(name);
    else figures.push(...measured);
  }
  return { figures, failed };
}

/** Undefined when its process failed; what it said about that is on stderr. */
async function measureIn(name: string, effort: Effort): Promise<readonly Figure[] | undefined> {
  const child = spawn(process.execPath, [benchProcess, name, effort], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return code === 0 ? (JSON.parse(output) as Figure[]) : undefined;
}
