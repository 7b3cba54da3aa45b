import { connectorPath, connectorRef } from '../connector-path.ts';
import type { CommandContext } from '../context.ts';

/** Options of `records`. */
export interface RecordsOptions {
  readonly stream: string;
  readonly count?: boolean;
  readonly limit?: number;
}

/** `records NAME --stream S`: one JSON line a record with its exact `data`, byte for byte, or their number. */
export async function printRecords(name: string, { stream, count, limit }: RecordsOptions, context: CommandContext): Promise<void> {
  const api = await context.api();
  const path = connectorPath(connectorRef(name, context.namespace), '/records');
  if (count) {
    const answer = await api.json<{ count: number }>({ path: `${path}/count`, query: { stream } });
    return context.output.data(String(answer.count));
  }
  for await (const piece of api.pieces({ path, query: { stream, limit } })) await context.output.raw(piece);
}
