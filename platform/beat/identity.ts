import { hostIdentity, processStarted } from '../process-identity.ts';

/** What tells a process apart from every other, as its row in `process_beats` has it. */
export interface ProcessIdentity {
  readonly processId: string;
  /** Boot id and pid namespace: equal where pids can be looked up. */
  readonly host: string;
  readonly pid: number;
  /** Start time in the host's own words, so that a reused pid is not taken for this process. */
  readonly pidStarted: string;
}

/** The identity of this process under the given id (a uuid made at start). */
export async function ownIdentity(processId: string): Promise<ProcessIdentity> {
  return { processId, host: await hostIdentity(), pid: process.pid, pidStarted: (await processStarted(process.pid)) ?? '' };
}
