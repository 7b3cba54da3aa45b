import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { Fault } from '../../errors.ts';
import { processStarted } from '../../process-identity.ts';
import type { Layout } from './layout.ts';

/** SIGINT is PostgreSQL's fast shutdown (sessions end, a checkpoint is written), SIGQUIT the immediate one (recovery at the next start). */
const STEPS: readonly [NodeJS.Signals, number][] = [
  ['SIGINT', 5_000],
  ['SIGQUIT', 3_000],
  ['SIGKILL', 2_000],
];
const POLL_MS = 10;

/** Stops the server with this pid and start time: gently, then less so. Nothing happens when that process is gone. Throws `DatabaseStopFailed`. */
export async function stopServer(layout: Layout, server: { pid: number; started: string }, clock: Clock): Promise<void> {
  for (const [signal, patienceMs] of STEPS) {
    if (!(await runs(server))) break;
    process.kill(server.pid, signal);
    const untilMs = clock.monotonicMs() + patienceMs;
    while ((await runs(server)) && clock.monotonicMs() < untilMs) await sleep(POLL_MS);
  }
  if (await runs(server)) {
    throw new Fault({
      reason: 'DatabaseStopFailed',
      message: `the embedded PostgreSQL (process ${server.pid}) does not end`,
      hint: 'it probably waits for a disk that does not answer; the next start adopts it',
    });
  }
  await rm(layout.record, { force: true });
}

async function runs(server: { pid: number; started: string }): Promise<boolean> {
  return (await processStarted(server.pid)) === server.started;
}
