import type { Bench } from './figure.ts';

/** Every bench by its name, in the order of the report. Loaded only in the process that measures it, so that its memory is its own. */
export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  ingest: async () => (await import('./ingest-figures.ts')).measure,
  decode: async () => (await import('../decode.ts')).measure,
  memory: async () => (await import('../memory.ts')).measure,
  launch: async () => (await import('../launch.ts')).measure,
  converge: async () => (await import('../converge.ts')).measure,
  idle: async () => (await import('../idle.ts')).measure,
};
