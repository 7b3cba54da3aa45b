import type { DocumentDiff } from '../../apis/gateway-ports.ts';
import type { ObjectChange } from '../../apis/intake.ts';

/** Prints differences for people: a line an object, below it a line a field, `-` before and `+` after. Empty without differences. */
export function renderDiff(diffs: readonly DocumentDiff[]): string {
  return diffs
    .filter((diff) => diff.changes.length > 0)
    .map((diff) => `connector/${diff.name} (namespace ${diff.namespace})\n${diff.changes.map(renderObject).join('')}`)
    .join('');
}

function renderObject({ object, action, fields }: ObjectChange): string {
  return `  ${action} ${object}\n${fields.map(({ path, before, after }) => renderField(path, before, after)).join('')}`;
}

function renderField(path: string, before: unknown, after: unknown): string {
  const removed = before === undefined ? '' : `    - ${path}: ${JSON.stringify(before)}\n`;
  const added = after === undefined ? '' : `    + ${path}: ${JSON.stringify(after)}\n`;
  return removed + added;
}
