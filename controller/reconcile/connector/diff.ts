import type { ObjectChange } from '../../apis/intake.ts';

/** One line for a condition: `create instance (config, enabled), update schedule (suspended)`. */
export function printChanges(changes: readonly ObjectChange[]): string {
  return changes.map(({ action, object, fields }) => `${action} ${object}${fields.length === 0 ? '' : ` (${fields.map((f) => f.path).join(', ')})`}`).join(', ');
}
