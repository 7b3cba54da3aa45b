import type { List } from '../../../schemas/list.ts';
import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';
import { ApiFailure } from '../failure.ts';
import { type ItemFormat, type OutputForm, printList } from '../print-items.ts';

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
  readonly seq: number;
  readonly at: string;
  readonly actor: { kind: string; name: string };
  readonly action: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly namespace: string | null;
  readonly name: string | null;
}

const names = (parts: readonly { name: string }[]): string => parts.map((part) => part.name).join(',') || '-';

const typeFormat: ItemFormat<TypeView> = {
  columns: [
    { header: 'TYPE', show: (type) => type.key },
    { header: 'VERSION', show: (type) => type.version },
    { header: 'STREAMS', show: (type) => names(type.streams) },
    { header: 'OPERATIONS', show: (type) => names(type.operations) },
    { header: 'ORIGIN', show: (type) => type.origin },
    { header: 'NAME', show: (type) => type.displayName },
  ],
  name: ({ key }) => `type/${key}`,
  none: 'No types.',
};

const sourceFormat: ItemFormat<SourceView> = {
  columns: [
    { header: 'SOURCE', show: (source) => source.name },
    { header: 'KIND', show: (source) => source.kind },
    { header: 'DOCUMENTS', show: (source) => String(source.documents) },
    { header: 'LISTED', show: (source) => source.listedAt ?? '-' },
    { header: 'ERROR', show: (source) => source.error ?? '-' },
  ],
  name: ({ name }) => `source/${name}`,
  none: 'No sources.',
};

const auditFormat: ItemFormat<AuditView> = {
  columns: [
    { header: 'AT', show: (event) => event.at },
    { header: 'ACTOR', show: (event) => `${event.actor.kind}/${event.actor.name}` },
    { header: 'ACTION', show: (event) => event.action },
    { header: 'OUTCOME', show: (event) => (event.reason === null ? event.outcome : `${event.outcome} (${event.reason})`) },
    { header: 'OBJECT', show: ({ namespace, name }) => [namespace, name].filter((part) => part !== null).join('/') || '-' },
  ],
  name: ({ seq }) => `audit/${seq}`,
  none: 'No events.',
};

/** `types [KEY]`: the catalog. */
export async function listTypes(key: string | undefined, options: { output?: OutputForm }, context: CommandContext): Promise<void> {
  const api = await context.api();
  const page = await api.json<List<TypeView>>({ path: key === undefined ? '/v1/types' : `/v1/types/${encodeURIComponent(key)}` });
  printList(page.items, options.output, typeFormat, context);
}

/** `get sources`: where documents come from. */
export async function listSources(options: { output?: OutputForm }, context: CommandContext): Promise<void> {
  const api = await context.api();
  printList((await api.json<List<SourceView>>({ path: '/v1/sources' })).items, options.output, sourceFormat, context);
}

/** `audit [NAME]`: who did what, newest first. Only an operator sees events of what is gone, or of all. */
export async function listAudit(
  name: string | undefined,
  { output, limit }: { output?: OutputForm; limit?: number },
  context: CommandContext,
): Promise<void> {
  const api = await context.api();
  const ref = name === undefined ? undefined : connectorRef(name, context.namespace);
  const ask = (path: string, query: object): Promise<List<AuditView>> => api.json({ path, query: { ...query, limit } });
  const page = await ask('/v1/audit', { ...ref }).catch((error: unknown) => {
    if (ref !== undefined && error instanceof ApiFailure && error.status === 403) return ask(connectorPath(ref, '/audit'), {});
    throw error;
  });
  printList(page.items, output, auditFormat, context);
}
