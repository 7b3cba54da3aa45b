import type { BeatObserver } from '../../platform/beat/observer.ts';
import { processStarted } from '../../platform/process-identity.ts';

/** A process whose beat is lost. `dead`: its pid is gone on this host, and its children with it; `silent`: nobody knows what it does. */
export interface LostProcess {
  readonly processId: string;
  readonly proof: 'dead' | 'silent';
}

/**
 * Looks at the beats once and answers the lost processes with what proves it. A process of this host that still exists, stopped or stuck,
 * is silent: its children may live.
 * @param host `hostIdentity()` of this process.
 */
export async function findLostProcesses(observer: BeatObserver, host: string, startedOf = processStarted): Promise<LostProcess[]> {
  const lost = (await observer.look()).filter(({ verdict }) => verdict === 'lost');
  return Promise.all(
    lost.map(async ({ row }): Promise<LostProcess> => {
      const dead = row.host === host && (await startedOf(row.pid)) !== row.pidStarted;
      return { processId: row.processId, proof: dead ? 'dead' : 'silent' };
    }),
  );
}
