import type { Clock } from '../clock.ts';
import { processStarted } from '../process-identity.ts';
import type { BeatRow } from './beat-sql.ts';
import { defaultPatience, type Observed, observe, type Patience, type Verdict } from './observe.ts';

/** What an observer looks with. */
export interface ObserverOptions {
  readonly clock: Clock;
  /** `hostIdentity()` of this process. */
  readonly host: string;
  /** Reads all rows, as `readBeats` does. A throw is the loss of the connection: memory is dropped and the throw goes on. */
  read(): Promise<BeatRow[]>;
  readonly patience?: Patience;
  /** Start time of a live pid; default the system's. */
  readonly startedOf?: (pid: number) => Promise<string | undefined>;
}

/** One row and what is thought of it. */
export interface Sighting {
  readonly row: BeatRow;
  readonly verdict: Verdict;
}

/** Looks at the beats again and again; each look needs to come within `patience.gapMs` of the last. */
export interface BeatObserver {
  /** One query; answers every process with its verdict. */
  look(): Promise<Sighting[]>;
}

/** An observer without memory: its first `lost` by silence comes one full period after its first look. */
export function createBeatObserver(options: ObserverOptions): BeatObserver {
  const { patience = defaultPatience, startedOf = processStarted } = options;
  let memory: Observed | undefined;
  return {
    async look() {
      const before = memory;
      memory = undefined; // stays so when the read fails
      const rows = await options.read();
      const deadHere = await deadOn(options.host, rows, startedOf);
      const { next, verdicts } = observe(before, { rows, nowMs: options.clock.monotonicMs(), deadHere }, patience);
      memory = next;
      return rows.map((row) => ({ row, verdict: verdicts.get(row.processId) ?? 'waiting' }));
    },
  };
}

async function deadOn(
  host: string,
  rows: readonly BeatRow[],
  startedOf: (pid: number) => Promise<string | undefined>,
): Promise<Set<string>> {
  const here = rows.filter((row) => row.host === host && !row.stopped);
  const dead = await Promise.all(here.map(async (row) => (await startedOf(row.pid)) !== row.pidStarted));
  return new Set(here.filter((_, index) => dead[index]).map((row) => row.processId));
}
