import type { ConnectorView } from '../../../schemas/connector.ts';
import type { List } from '../../../schemas/list.ts';
import { printYaml } from '../../../schemas/print-yaml.ts';
import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';
import { age, type Column, relativeTime, table } from '../output.ts';
import { followChanges } from '../follow-changes.ts';

/** Options of `get connectors`. */
export interface GetOptions {
  readonly output?: 'wide' | 'json' | 'yaml' | 'name';
  readonly allNamespaces?: boolean;
  readonly type?: string;
  readonly selector?: string;
  readonly watch?: boolean;
}

/** Most items of one page; every page is read. */
const PAGE = 500;

/** `get connectors [NAME]`: a table, or the documents as a Kubernetes List. */
export async function getConnectors(name: string | undefined, options: GetOptions, context: CommandContext): Promise<void> {
  if (name !== undefined) {
    const api = await context.api();
    const item = await api.json<ConnectorView>({ path: connectorPath(connectorRef(name, context.namespace)) });
    return print(options.output === 'json' ? item : [item], options, context);
  }
  const items = await listConnectors(options, context);
  print(
    options.output === 'json' ? ({ apiVersion: 'v1', kind: 'List', metadata: {}, items } satisfies List<ConnectorView>) : items,
    options,
    context,
  );
  if (options.watch)
    await followChanges(context, (item) => print([item], { ...options, output: options.output ?? 'wide' }, context, false));
}

/** All connectors that match, over every page. */
export async function listConnectors(options: GetOptions, context: CommandContext): Promise<ConnectorView[]> {
  const api = await context.api();
  const items: ConnectorView[] = [];
  let next: string | undefined;
  do {
    const page: List<ConnectorView> = await api.json({
      path: '/v1/connectors',
      query: {
        namespace: options.allNamespaces ? undefined : context.namespace,
        type: options.type,
        label_selector: options.selector,
        limit: PAGE,
        continue: next,
      },
    });
    items.push(...page.items);
    next = page.metadata?.continue;
  } while (next !== undefined);
  return items;
}

function print(
  found: ConnectorView | List<ConnectorView> | ConnectorView[],
  options: GetOptions,
  context: CommandContext,
  header = true,
): void {
  if (options.output === 'json') return context.output.data(JSON.stringify(found, null, 2));
  const items = Array.isArray(found) ? found : 'items' in found ? found.items : [found];
  if (options.output === 'name') return context.output.data(items.map((item) => `connector/${item.metadata.name}\n`).join(''));
  if (options.output === 'yaml') return context.output.data(items.map(printYaml).join('---\n'));
  if (items.length === 0) return context.output.message('No connectors found.');
  const text = table(columns(options, context.clock.now()), items, context.output.colour);
  context.output.data(header ? text : text.slice(text.indexOf('\n') + 1));
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
    { header: 'OWNER', show: (item) => `${item.spec.owner.type}/${item.spec.owner.id}` },
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
