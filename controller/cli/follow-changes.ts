import type { ConnectorView } from '../../schemas/connector.ts';
import type { CommandContext } from './context.ts';
import { type ApiErrorBody, CommandFailure } from './failure.ts';

/** Whoever hears what a watch says. */
export interface WatchListener {
  /** What there was at the start, once. */
  initial(items: readonly ConnectorView[]): void;
  change(item: ConnectorView, type: 'ADDED' | 'MODIFIED' | 'DELETED'): void;
}

type ServerEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ConnectorView }
  | { readonly type: 'BOOKMARK'; readonly object: { readonly metadata: { readonly annotations?: Record<string, string> } } }
  | { readonly type: 'ERROR'; readonly object: ApiErrorBody };

/** Tells what there is and what changes, until the process is interrupted. Throws `CommandFailure` when the server ends the watch. */
export async function followChanges(
  context: CommandContext,
  query: Readonly<Record<string, string | undefined>>,
  listener: WatchListener,
): Promise<void> {
  const api = await context.api();
  const first: ConnectorView[] = [];
  let begun = false;
  for await (const data of serverSentEvents(api.pieces({ path: '/v1/connectors', query: { ...query, watch: true, limit: 500 } }))) {
    const event = JSON.parse(data) as ServerEvent;
    if (event.type === 'ERROR') throw new CommandFailure(`${event.object.reason}: ${event.object.message}`);
    if (event.type !== 'BOOKMARK') {
      if (begun) listener.change(event.object, event.type);
      else first.push(event.object);
    } else if (event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true') {
      listener.initial(first);
      begun = true;
    }
  }
  throw new CommandFailure('the server ended the watch');
}

/** The data of each server-sent event; comments and other fields are skipped. */
export async function* serverSentEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    const blocks = (rest + decoder.decode(piece, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => line.startsWith('data:'));
      if (lines.length > 0) yield lines.map((line) => line.slice(5).trimStart()).join('\n');
    }
  }
}
