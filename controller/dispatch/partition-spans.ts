import type { PartitionSpan } from '../apis/partitions.ts';

/** The month of `now` and those after it, in UTC. */
export function monthsAhead(now: Date, count: number): PartitionSpan[] {
  return Array.from({ length: count + 1 }, (_, ahead) => {
    const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1));
    const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead + 1, 1));
    return { label: from.toISOString().slice(0, 7).replace('-', ''), from, to };
  });
}
