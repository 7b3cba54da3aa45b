import { printYaml } from '../../schemas/print-yaml.ts';
import type { CommandContext } from './context.ts';
import { type Column, table } from './output.ts';

/** Forms of output that lists know. */
export type OutputForm = 'wide' | 'json' | 'yaml' | 'name';

/** How items of one kind are printed. */
export interface ItemFormat<Item> {
  readonly columns: readonly Column<Item>[];
  /** As `-o name` prints it, such as `connector/mail`. */
  readonly name: (item: Item) => string;
  /** Said on stderr when there is none. */
  readonly none: string;
}

/** Prints a list: a Kubernetes List for json, a document each for yaml, else a table. */
export function printList<Item>(
  items: readonly Item[],
  form: OutputForm | undefined,
  format: ItemFormat<Item>,
  { output }: CommandContext,
): void {
  if (form === 'json') return output.data(JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: {}, items }, null, 2));
  printItems(items, form, format, output);
}

/** Prints one item: itself for json and yaml, else a table of one row. */
export function printItem<Item>(item: Item, form: OutputForm | undefined, format: ItemFormat<Item>, { output }: CommandContext): void {
  if (form === 'json') return output.data(JSON.stringify(item, null, 2));
  printItems([item], form, format, output);
}

/** Prints a row below a table that was printed before, or the item again. */
export function printChange<Item>(item: Item, form: OutputForm | undefined, format: ItemFormat<Item>, { output }: CommandContext): void {
  if (form === 'json') return output.data(JSON.stringify(item));
  if (form === 'yaml') return output.data(`---\n${printYaml(item)}`);
  if (form === 'name') return output.data(format.name(item));
  const text = table(format.columns, [item], output.colour);
  output.data(text.slice(text.indexOf('\n') + 1));
}

function printItems<Item>(
  items: readonly Item[],
  form: OutputForm | undefined,
  format: ItemFormat<Item>,
  output: CommandContext['output'],
): void {
  if (form === 'name') return output.data(items.map((item) => `${format.name(item)}\n`).join(''));
  if (form === 'yaml') return output.data(items.map(printYaml).join('---\n'));
  if (items.length === 0) return output.message(format.none);
  output.data(table(format.columns, items, output.colour));
}
