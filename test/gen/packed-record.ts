import type { PackedRecord } from '../../runtime/apis/run.ts';

/** A record on its way to storage; `data` is its exact text, null for a delete. */
export function packed(key: string, data: string | null, mods: Partial<PackedRecord> = {}): PackedRecord {
  const bytes = Buffer.from(data ?? '');
  const emittedAt = '2026-01-01T00:00:00Z';
  return { stream: 'items', key, deleted: data === null, emittedAt, bytes, start: 0, end: bytes.length, ...mods };
}
