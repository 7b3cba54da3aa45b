import type { BackoffShape, Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { drainLoops, startLoop } from '../../platform/loop.ts';
import type { EmbeddedPostgres } from '../../platform/postgres/embedded/start-embedded.ts';

/** What keeping an embedded server needs. */
export interface KeepOptions {
  /** Starts the server or adopts the one that runs; idempotent. */
  start(): Promise<Pick<EmbeddedPostgres, 'url' | 'pid' | 'lost' | 'stop'>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

/** An embedded server that is started again when it dies. */
export interface KeptDatabase {
  /** The same for every server of the data folder. */
  readonly url: string;
  /** Ends the keeping and stops the server if this process owns it. Throws what keeps the server from stopping. */
  stop(): Promise<void>;
}

/** A server that recovers from a crash, or waits for space on its disk, takes no session for a while: everything waits for it. */
const backoff: BackoffShape = { initialMs: 100, maxMs: 5_000 };
/** A start that is under way at the stop gets this long; a server that comes up later runs on and the next start adopts it. */
const STOP_MS = 10_000;

/** Starts the server and keeps it: whenever it is lost it is started again, until that succeeds. Throws when the first start fails. */
export async function keepDatabase({ start, clock, log, random }: KeepOptions): Promise<KeptDatabase> {
  const ending = new AbortController();
  let server = await start();
  const loop = startLoop({
    name: 'PostgreSQL',
    signal: ending.signal,
    clock,
    log,
    random,
    backoff,
    async pass(signal) {
      await server.lost;
      if (signal.aborted) return 0;
      log.warn({ serverPid: server.pid }, 'PostgreSQL is gone and is started again');
      server = await start();
      return 0;
    },
  });
  return {
    url: server.url,
    async stop() {
      ending.abort();
      await server.stop();
      await drainLoops([loop], STOP_MS);
      await server.stop(); // the same one, unless a start was under way
    },
  };
}
