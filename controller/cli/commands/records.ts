import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../failure.ts';

/** Options of `records`. */
export interface RecordsOptions {
  readonly stream?: string;
  readonly count?: boolean;
  readonly limit?: string;
  readonly output?: string;
}

/** `records NAME --stream S`: one JSON line a record with its exact `data`, or their number. */
export async function printRecords(name: string, options: RecordsOptions, context: CommandContext): Promise<void> {
  if (options.stream === undefined) throw new CommandFailure('--stream is needed (see `connectorctl types NAME` for the streams)', 2);
  const api = await context.api();
  const path = connectorPath(connectorRef(name, context.namespace), '/records');
  if (options.count) {
    const { count } = await api.json<{ count: number }>({ path: `${path}/count`, query: { stream: options.stream } });
    return context.output.data(String(count));
  }
  const response = await api.send({ path, query: { stream: options.stream, limit: options.limit } });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) context.output.raw(decoder.decode(chunk, { stream: true }));
}
