import type { List } from '../../../schemas/list.ts';
import type { CommandContext } from '../context.ts';
import { type Column, table } from '../output.ts';

interface TypeView {
  readonly key: string;
  readonly version: string;
  readonly displayName: string;
  readonly streams: readonly { name: string }[];
  readonly operations: readonly { name: string }[];
  readonly origin: string;
}

interface SourceView {
  readonly name: string;
  readonly kind: string;
  readonly documents: number;
  readonly listedAt: string | null;
  readonly error: string | null;
}

interface AuditView {
  readonly at: string;
  readonly actor: { kind: string; name: string };
  readonly action: string;
  readonly outcome: string;
  readonly namespace: string | null;
  readonly name: string | null;
}

const names = (parts: readonly { name: string }[]): string => parts.map((part) => part.name).join(',') || '-';

/** `types [KEY]`: the catalog. */
export async function listTypes(key: string | undefined, options: { output?: string }, context: CommandContext): Promise<void> {
  const columns: Column<TypeView>[] = [
    { header: 'TYPE', show: (type) => type.key },
    { header: 'VERSION', show: (type) => type.version },
    { header: 'STREAMS', show: (type) => names(type.streams) },
    { header: 'OPERATIONS', show: (type) => names(type.operations) },
    { header: 'ORIGIN', show: (type) => type.origin },
    { header: 'NAME', show: (type) => type.displayName },
  ];
  await printList(key === undefined ? '/v1/types' : `/v1/types/${encodeURIComponent(key)}`, columns, options, context);
}

/** `get sources`: where documents come from. */
export async function listSources(options: { output?: string }, context: CommandContext): Promise<void> {
  const columns: Column<SourceView>[] = [
    { header: 'SOURCE', show: (source) => source.name },
    { header: 'KIND', show: (source) => source.kind },
    { header: 'DOCUMENTS', show: (source) => String(source.documents) },
    { header: 'LISTED', show: (source) => source.listedAt ?? '-' },
    { header: 'ERROR', show: (source) => source.error ?? '-' },
  ];
  await printList('/v1/sources', columns, options, context);
}

/** `audit [NAME]`: who did what, newest first. */
export async function listAudit(
  name: string | undefined,
  options: { output?: string; limit?: string },
  context: CommandContext,
): Promise<void> {
  const columns: Column<AuditView>[] = [
    { header: 'AT', show: (event) => event.at },
    { header: 'ACTOR', show: (event) => `${event.actor.kind}/${event.actor.name}` },
    { header: 'ACTION', show: (event) => event.action },
    { header: 'OUTCOME', show: (event) => event.outcome },
    { header: 'CONNECTOR', show: (event) => (event.name === null ? '-' : `${event.namespace}/${event.name}`) },
  ];
  const query = { name, namespace: name === undefined ? undefined : context.namespace, limit: options.limit };
  await printList('/v1/audit', columns, options, context, query);
}

async function printList<Row>(
  path: string,
  columns: readonly Column<Row>[],
  options: { output?: string },
  context: CommandContext,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<void> {
  const api = await context.api();
  const page = await api.json<List<Row>>({ path, query });
  context.output.data(options.output === 'json' ? JSON.stringify(page, null, 2) : table(columns, page.items, context.output.colour));
}
