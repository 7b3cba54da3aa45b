import type { BeatObserver } from '../../platform/beat/observer.ts';
import { processStarted } from '../../platform/process-identity.ts';

/**
 * A process that does nothing any more, as far as is known. `dead`: its pid is gone on this host, and its children with it; `silent`:
 * nobody knows what it does; `stopped`: it said so at its orderly end, though it may have failed to give back what it held.
 */
export interface LostProcess {
  readonly processId: string;
  readonly proof: 'dead' | 'silent' | 'stopped';
}

/**
 * Looks at the beats once and answers the processes that are gone or lost, with what proves it. A process of this host that still exists, stopped or stuck,
 * is silent: its children may live.
 * @param host `hostIdentity()` of this process.
 */
export async function findLostProcesses(observer: BeatObserver, host: string, startedOf = processStarted): Promise<LostProcess[]> {
  const lost = (await observer.look()).filter(({ verdict }) => verdict === 'lost' || verdict === 'stopped');
  return Promise.all(
    lost.map(async ({ row, verdict }): Promise<LostProcess> => {
      if (verdict === 'stopped') return { processId: row.processId, proof: 'stopped' };
      const dead = row.host === host && (await startedOf(row.pid)) !== row.pidStarted;
      return { processId: row.processId, proof: dead ? 'dead' : 'silent' };
    }),
  );
}
