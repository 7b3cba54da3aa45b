import type { ConnectorView } from '../../schemas/connector.ts';
import type { CommandContext } from './context.ts';

/** One change as the server tells it. */
interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: ConnectorView;
}

/** Calls `onChange` for every connector that changes from now on, until the server ends the stream or the process is interrupted. */
export async function followChanges(context: CommandContext, onChange: (item: ConnectorView, type: string) => void): Promise<void> {
  const api = await context.api();
  const response = await api.send({ path: '/v1/connectors', query: { watch: true, namespace: context.namespace } });
  for await (const data of serverSentEvents(response)) {
    const change = JSON.parse(data) as Change;
    if (change.type !== 'BOOKMARK') onChange(change.object, change.type);
  }
}

/** The data of each server-sent event of an answer; comments and other fields are skipped. */
export async function* serverSentEvents(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => line.startsWith('data:'));
      if (lines.length > 0) yield lines.map((line) => line.slice(5).trimStart()).join('\n');
    }
  }
}
