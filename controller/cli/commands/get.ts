import type { ConnectorView } from '../../../schemas/connector.ts';
import type { List } from '../../../schemas/list.ts';
import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';
import { followChanges } from '../follow-changes.ts';
import { age, type Column, relativeTime } from '../output.ts';
import { type ItemFormat, type OutputForm, printChange, printItem, printList } from '../print-items.ts';

/** Options of `get connectors`. */
export interface GetOptions {
  readonly output?: OutputForm;
  readonly allNamespaces?: boolean;
  readonly type?: string;
  readonly selector?: string;
  readonly watch?: boolean;
}

/** Most items of one page; every page is read. */
const PAGE = 500;

/** `get connectors [NAME]`: a table, or the documents as a Kubernetes List. */
export async function getConnectors(name: string | undefined, options: GetOptions, context: CommandContext): Promise<void> {
  const format = connectorFormat(options, context.clock.now());
  if (options.watch) return watchConnectors(name, options, context);
  if (name === undefined) return printList(await listConnectors(options, context), options.output, format, context);
  const api = await context.api();
  const item = await api.json<ConnectorView>({ path: connectorPath(connectorRef(name, context.namespace)) });
  printItem(item, options.output, format, context);
}

/** Prints what there is, then every change below it; what is gone is said on stderr. */
async function watchConnectors(name: string | undefined, options: GetOptions, context: CommandContext): Promise<void> {
  const wanted = (item: ConnectorView): boolean => name === undefined || item.metadata.name === name;
  const format = () => connectorFormat(options, context.clock.now());
  await followChanges(context, queryOf(options, context), {
    initial(items) {
      const shown = items.filter(wanted);
      if (options.output === 'json') for (const item of shown) printChange(item, 'json', format(), context);
      else printList(shown, options.output, format(), context);
    },
    change(item, type) {
      if (!wanted(item)) return;
      if (type === 'DELETED') context.output.message(`connector/${item.metadata.name} is gone`);
      else printChange(item, options.output, format(), context);
    },
  });
}

function queryOf(options: GetOptions, context: CommandContext): Record<string, string | undefined> {
  return {
    namespace: options.allNamespaces ? undefined : context.namespace,
    type: options.type,
    label_selector: options.selector,
  };
}

/** All connectors that match, over every page. */
export async function listConnectors(options: GetOptions, context: CommandContext): Promise<ConnectorView[]> {
  const api = await context.api();
  const items: ConnectorView[] = [];
  let next: string | undefined;
  do {
    const query = { ...queryOf(options, context), limit: PAGE, continue: next };
    const page: List<ConnectorView> = await api.json({ path: '/v1/connectors', query });
    items.push(...page.items);
    next = page.metadata?.continue;
  } while (next !== undefined);
  return items;
}

function connectorFormat(options: GetOptions, now: Date): ItemFormat<ConnectorView> {
  return { columns: columns(options, now), name: (item) => `connector/${item.metadata.name}`, none: 'No connectors found.' };
}

function columns(options: GetOptions, now: Date): Column<ConnectorView>[] {
  const ready = (item: ConnectorView) => item.status.conditions?.find((condition) => condition.type === 'Ready');
  const narrow: Column<ConnectorView>[] = [
    { header: 'NAME', show: (item) => item.metadata.name },
    { header: 'READY', show: (item) => ready(item)?.status ?? 'Unknown' },
    { header: 'PHASE', show: (item) => item.status.phase ?? '-' },
    { header: 'TYPE', show: (item) => item.spec.type },
    { header: 'LAST RUN', show: (item) => lastRun(item, now) },
    { header: 'NEXT RUN', show: (item) => relativeTime(item.status.nextRunTime, now) },
    { header: 'AGE', show: (item) => age(new Date(item.metadata.creationTimestamp ?? now), now) },
  ];
  const wide: Column<ConnectorView>[] = [
    { header: 'REASON', show: (item) => ready(item)?.reason ?? '-' },
    { header: 'INSTANCE', show: (item) => item.status.instanceId ?? '-' },
  ];
  const spaces: Column<ConnectorView>[] = [{ header: 'NAMESPACE', show: (item) => item.metadata.namespace ?? 'default' }];
  return [...(options.allNamespaces ? spaces : []), ...narrow, ...(options.output === 'wide' ? wide : [])];
}

function lastRun(item: ConnectorView, now: Date): string {
  const run = item.status.lastRun;
  if (run === undefined) return '-';
  const when = run.finishedAt === undefined ? '' : ` ${relativeTime(run.finishedAt, now)}`;
  return `${run.state}${when} (${run.records})`;
}
