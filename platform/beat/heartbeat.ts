import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { Fault } from '../errors.ts';
import type { Log } from '../log.ts';
import type { BeatWorkerData, BeatWorkerMessage } from './beat-messages.ts';
import type { ProcessIdentity } from './identity.ts';
import { watchOutage } from './watch-outage.ts';

/** How a process beats. */
export interface HeartbeatOptions {
  readonly url: string;
  readonly identity: ProcessIdentity;
  readonly role: 'controller' | 'runtime' | 'pod';
  /** What the process found out about itself, such as whether it can isolate; never a secret. */
  readonly facts?: Record<string, unknown>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Time between beats. Default 2 s. */
  readonly intervalMs?: number;
  /** The worker beats only while the main loop ticked within this time. Default 10 s. */
  readonly tickWithinMs?: number;
  /** Default 20 s: below the 30 s after which observers give a process up, so that its children are dead by then. */
  readonly lostAfterMs?: number;
  /**
   * No beat was written for `lostAfterMs`: others may take over what this process runs, so it must end its children now. Called once an
   * outage, in the main thread; after a pause of the whole process (SIGSTOP, suspend) as its first act.
   */
  onBeatLost(): void;
}

/** A running heartbeat. */
export interface Heartbeat {
  /**
   * Resolves with the first beat: the row is there and references to the process may be written. Rejects with `HeartbeatEnded` when the
   * thread ends before that, so that a start does not wait for ever.
   */
  readonly first: Promise<void>;
  /** Writes the orderly end and closes the worker; waits at most 3 s. */
  stop(): Promise<void>;
}

const STOP_PATIENCE_MS = 3_000;

/** Starts the worker thread that beats for this process. */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const ticks = new Int32Array(new SharedArrayBuffer(4));
  const { intervalMs = 2_000, tickWithinMs = 10_000, lostAfterMs = 20_000 } = options;
  const outage = watchOutage({ clock: options.clock, lostAfterMs, onBeatLost: () => options.onBeatLost() });
  const { promise: first, resolve: begun, reject: neverBegun } = Promise.withResolvers<void>();
  const { promise: stopped, resolve: ended } = Promise.withResolvers<void>();
  const { url, identity, role, facts = {} } = options;
  const workerData: BeatWorkerData = { url, identity, role, facts, intervalMs, tickWithinMs, ticks: ticks.buffer };
  // Beside this file, compiled or not, lies the worker in the same form.
  const worker = new Worker(new URL(`./beat-worker${extname(import.meta.url)}`, import.meta.url), { workerData });
  worker.on('message', (message: BeatWorkerMessage) => {
    if (message.kind === 'beat') {
      outage.beat();
      begun();
    } else if (message.kind === 'failed')
      options.log.warn({ process: identity.processId, code: message.code }, 'heartbeat could not be written');
  });
  // A worker that dies leaves no beats, which the outage watch turns into onBeatLost.
  worker.on('error', (error) => options.log.warn({ process: identity.processId, err: error }, 'heartbeat thread failed'));
  first.catch(() => undefined); // nobody need wait for it
  worker.on('exit', () => {
    ended();
    neverBegun(new Fault({ reason: 'HeartbeatEnded', message: 'the heartbeat ended before its first beat' }));
  });
  const timer = setInterval(
    () => {
      Atomics.add(ticks, 0, 1);
      outage.check();
    },
    Math.min(1_000, intervalMs),
  );
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    worker.postMessage('stop');
    const patience = setTimeout(() => void worker.terminate(), STOP_PATIENCE_MS);
    await stopped;
    clearTimeout(patience);
  };
  return { first, stop };
}
