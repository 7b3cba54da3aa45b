import type { BackoffShape, Random } from '../../platform/backoff.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { startLoop } from '../../platform/loop.ts';
import { processStarted } from '../../platform/process-identity.ts';
import type { Queryable } from '../store/queryable.ts';
import { readRuntimes, type RuntimeIsolation } from '../store/processes/runtimes.ts';
import type { TerminalView } from './terminal-view.ts';

/** What the telling needs. */
export interface TellIsolationParts {
  readonly view: Pick<TerminalView, 'say'>;
  readonly db: Queryable;
  /** The runtime that runs now. */
  pid(): number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

/** A runtime says how it isolates with its first beat, some 500 ms after its start. */
const LOOK_MS = 200;
/** Once told, it is looked whether another runtime has come. */
const AGAIN_MS = 5_000;
const backoff: BackoffShape = { initialMs: LOOK_MS, maxMs: AGAIN_MS };

/** Says in the terminal how the connectors of this machine are isolated, once for each runtime that is started. */
export function tellIsolation({ view, db, pid, clock, log, random }: TellIsolationParts): { stop(): Promise<void> } {
  const ending = new AbortController();
  let toldPid: number | undefined;
  const loop = startLoop({
    name: 'isolation',
    signal: ending.signal,
    clock,
    log,
    random,
    backoff,
    async pass() {
      const runtimePid = pid();
      if (runtimePid === undefined) return LOOK_MS;
      if (runtimePid === toldPid) return AGAIN_MS;
      const started = await processStarted(runtimePid);
      const found = (await readRuntimes(db)).find((runtime) => runtime.pid === runtimePid && runtime.pidStarted === started);
      if (found === undefined) return LOOK_MS;
      if (found.isolation !== null) view.say(isolationLines(found.isolation).join('\n'));
      toldPid = runtimePid;
      return AGAIN_MS;
    },
  });
  return {
    async stop() {
      ending.abort();
      await loop.done;
    },
  };
}

/** How connectors are isolated, in one line; where they are not, what that means and what would help. Pure. */
export function isolationLines(isolation: RuntimeIsolation): string[] {
  const { isolated, message, reason, hint, missing } = isolation;
  const limits = missing.filter((what) => what !== 'files' && what !== 'own uid');
  const unlimited = limits.length === 0 ? '' : `; not limited here: ${limits.join(', ')}`;
  if (isolated) return [`isolated connectors see no files and processes of this host but their own${unlimited}`];
  return [
    `Isolated=False: connectors can read what their user may read on this host (${reason}: ${message})${unlimited}`,
    `         ${hint}`,
  ];
}
