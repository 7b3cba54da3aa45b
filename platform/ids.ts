import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

/** Makes identifiers; a port, so that tests get predictable ones. */
export interface Ids {
  /** A new UUIDv7 (RFC 9562): its first 48 bits are the Unix time in milliseconds, so ids sort by birth. */
  uuid(): string;
}

/** UUIDv7 from the given clock and the system's random source. */
export function systemIds(clock: Clock): Ids {
  return { uuid: () => uuidV7(clock.now().getTime(), randomBytes(10)) };
}

/** A new W3C trace id: 32 hexadecimal digits. */
export function newTraceId(ids: Ids): string {
  return ids.uuid().replaceAll('-', '');
}

/** Lays out a UUIDv7 from a Unix time in milliseconds and ten random bytes. */
export function uuidV7(unixMs: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(unixMs, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The smallest UUIDv7 of a moment: the bound that splits time partitions keyed by id. */
export function uuidV7Floor(at: Date): string {
  return uuidV7(at.getTime(), new Uint8Array(10)).replace(/-7000-8000-/, '-0000-0000-');
}

/** Chance for jitter; not for secrets. */
export const systemRandom = (): number => Math.random();
