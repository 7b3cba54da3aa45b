import type { ConnectorView } from '../../../schemas/connector.ts';
import type { List } from '../../../schemas/list.ts';
import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';
import { relativeTime, table } from '../output.ts';
import type { RunView } from './runs.ts';

/** What the API adds for a description: what each reason asks of the reader, and the newest of the audit log. */
interface Description {
  readonly connector: ConnectorView;
  readonly hints: Readonly<Record<string, string>>;
  readonly revisions: readonly { revision: string; generation: number; acceptedAt: string }[];
  readonly audit: readonly { at: string; actor: { kind: string; name: string }; action: string; outcome: string; reason: string | null }[];
}

/** `describe connector NAME`: everything one needs to know what is wrong and what to do about it. */
export async function describeConnector(name: string, context: CommandContext): Promise<void> {
  const api = await context.api();
  const path = connectorPath(connectorRef(name, context.namespace));
  const [description, runs] = await Promise.all([
    api.json<Description>({ path: `${path}/description` }),
    api.json<List<RunView>>({ path: `${path}/runs`, query: { limit: 5 } }),
  ]);
  const now = context.clock.now();
  const sections = [
    head(description.connector, now),
    conditions(description),
    section('Runs', runs.items.length === 0 ? '' : runTable(runs.items, now, context)),
    section(
      'Revisions',
      description.revisions.map((one) => `${one.revision.slice(0, 12)}  generation ${one.generation}  ${one.acceptedAt}\n`).join(''),
    ),
    section(
      'Audit',
      description.audit
        .map(
          (one) =>
            `${one.at}  ${one.actor.kind} ${one.actor.name}  ${one.action}  ${one.outcome}${one.reason === null ? '' : `  ${one.reason}`}\n`,
        )
        .join(''),
    ),
  ];
  context.output.data(sections.filter((text) => text !== '').join('\n'));
}

function head(item: ConnectorView, now: Date): string {
  const facts: [string, string][] = [
    ['Name', item.metadata.name],
    ['Namespace', item.metadata.namespace ?? 'default'],
    ['Type', `${item.spec.type} ${item.spec.typeVersion}`],
    ['Owner', `${item.spec.owner.type}/${item.spec.owner.id}`],
    ['Project', item.spec.projectId ?? '-'],
    ['Enabled', String(item.spec.enabled ?? true)],
    ['Phase', item.status.phase ?? '-'],
    ['Instance', item.status.instanceId ?? '-'],
    ['Generation', `${item.metadata.generation ?? '-'} (observed ${item.status.observedGeneration ?? '-'})`],
    ['Revision', item.status.revision ?? '-'],
    [
      'Next run',
      item.status.nextRunTime === undefined ? '-' : `${item.status.nextRunTime} (${relativeTime(item.status.nextRunTime, now)})`,
    ],
  ];
  return facts.map(([label, value]) => `${`${label}:`.padEnd(13)}${value}\n`).join('');
}

function conditions(description: Description): string {
  const lines = (description.connector.status.conditions ?? []).map((one) => {
    const hint = one.status === 'True' ? undefined : description.hints[one.reason];
    return `${one.type.padEnd(16)}${one.status.padEnd(9)}${one.reason}: ${one.message}${hint === undefined ? '' : `\n${' '.repeat(25)}-> ${hint}`}\n`;
  });
  return section('Conditions', lines.join(''));
}

function runTable(runs: readonly RunView[], now: Date, context: CommandContext): string {
  const columns = [
    { header: 'ID', show: (run: RunView) => run.id },
    { header: 'STATE', show: (run: RunView) => run.state },
    { header: 'REASON', show: (run: RunView) => run.reason ?? '-' },
    { header: 'RECORDS', show: (run: RunView) => String(run.recordsEmitted) },
    { header: 'STARTED', show: (run: RunView) => relativeTime(run.startedAt, now) },
  ];
  return table(columns, runs, context.output.colour);
}

function section(title: string, text: string): string {
  return text === '' ? '' : `${title}:\n${text.replace(/^(?=.)/gm, '  ')}`;
}
