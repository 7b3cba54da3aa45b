import { causes } from './causes.ts';
import { type Figure, type Goal, meetsGoal, type Unit } from './harness/figure.ts';
import type { Machine } from './harness/machine.ts';

const HEAD = ['figure', 'goal', 'value', 'min to max', 'raw limit, same run', 'ratio', ''];

/** The figures as a table for a terminal. */
export function printTable(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** The whole of docs/benchmarks.md. */
export function renderReport(figures: readonly Figure[], machine: Machine): string {
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; causes are kept in `test/bench/causes.ts`. Each bench runs in a process of its own, one after the other,',
    'against an embedded PostgreSQL with the settings of the product (`fsync` on). Values of several rounds are medians. A raw limit is',
    'what this machine does without us, measured in the same run: figures of two machines compare by their ratios.',
    '',
    ...machineLines(machine),
    '',
    markdownRow(HEAD),
    markdownRow(HEAD.map(() => '---')),
    ...figures.map((figure) => markdownRow(cells(figure))),
    '',
    ...missedLines(figures),
    '',
  ].join('\n');
}

function machineLines(machine: Machine): string[] {
  const { cores, processor, memoryGiB, platform, node, postgresql, load } = machine;
  return [
    `- ${cores} cores (${processor}), ${memoryGiB} GiB of memory, ${platform}`,
    `- Node ${node}, PostgreSQL ${postgresql}`,
    `- load average of the minute before: ${load.toFixed(2)}`,
  ];
}

function missedLines(figures: readonly Figure[]): string[] {
  const missed = figures.filter((figure) => !meetsGoal(figure));
  if (missed.length === 0) return ['Every goal is met.'];
  const lines = missed.map((figure) => `- **${figure.what}**: ${causes[figure.key] ?? 'the cause is not known yet.'}`);
  return ['## Missed, and why', '', ...lines];
}

function cells(figure: Figure): string[] {
  const { what, unit, value, range, goal, raw } = figure;
  return [
    what,
    goal === undefined ? '' : goalText(goal, unit),
    withUnit(value, unit),
    range === undefined ? '' : `${digits(range[0])} to ${digits(range[1])}`,
    raw === undefined ? '' : `${raw.what}: ${withUnit(raw.value, unit)}`,
    raw === undefined ? '' : (value / raw.value).toFixed(2),
    goal === undefined ? '' : meetsGoal(figure) ? 'met' : 'missed',
  ];
}

function goalText(goal: Goal, unit: Unit): string {
  if ('atMost' in goal) return `at most ${withUnit(goal.atMost, unit)}`;
  return 'below' in goal ? `below ${withUnit(goal.below, unit)}` : `at least ${withUnit(goal.atLeast, unit)}`;
}

function withUnit(value: number, unit: Unit): string {
  if (unit === 'ratio') return value.toFixed(2);
  return `${digits(value)} ${unit}`;
}

/** Three digits are what a measurement is worth; whole numbers keep theirs. */
function digits(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

function markdownRow(row: readonly string[]): string {
  return `| ${row.join(' | ')} |`;
}
