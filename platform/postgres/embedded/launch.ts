import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { Fault } from '../../errors.ts';
import { processStarted } from '../../process-identity.ts';
import type { Binaries } from './binaries.ts';
import { type Layout, socketFolder } from './layout.ts';
import { rotateLog } from './log-file.ts';
import { findServer, type Postmaster, readPostmaster, recordServer } from './postmaster.ts';
import { programEnv } from './run-program.ts';
import { serverSettings } from './server-settings.ts';
import type { ServerUser } from './server-user.ts';

/** What a launch needs to know. */
export interface LaunchOptions {
  readonly layout: Layout;
  readonly binaries: Binaries;
  readonly user: ServerUser;
  readonly clock: Clock;
}

/** Crash recovery replays the log first; two gigabytes of it on a slow disk take minutes. */
const READY_TIMEOUT_MS = 300_000;
/** Backends of a killed server hold its shared memory until they notice, up to some seconds; until then a new one refuses. */
const START_ATTEMPTS = 8;
const POLL_MS = 15;

/**
 * The server of this cluster, ready for connections: the one that runs, or a new one. Of several processes that start at once one
 * server comes out, because PostgreSQL's own lock file lets one through and the others adopt it. Throws `DatabaseStartFailed`.
 */
export async function launch(options: LaunchOptions): Promise<{ server: Postmaster; adopted: boolean }> {
  await rotateLog(options.layout.log);
  for (let attempt = 1; attempt <= START_ATTEMPTS; attempt += 1) {
    const running = await findServer(options.layout);
    if (running !== undefined) {
      const server = await whenReady(options, running.pid, () => false);
      if (server !== undefined) return { server, adopted: true };
    } else {
      const server = await startServer(options);
      if (server !== undefined) return { server, adopted: false };
    }
    if (attempt < START_ATTEMPTS) await sleep(Math.min(1_000, 50 * 2 ** attempt));
  }
  throw await startFailed(options.layout);
}

/** Starts a server in a session of its own: a Ctrl-C in the terminal would be a fast shutdown under the runs that still drain. */
async function startServer(options: LaunchOptions): Promise<Postmaster | undefined> {
  const { layout, user } = options;
  const settings = serverSettings(await socketFolder(layout, user));
  const log = openSync(layout.log, 'a', 0o600);
  const ids = user.dropped ? { uid: user.uid, gid: user.gid } : {};
  let child: ChildProcess;
  try {
    child = spawn(options.binaries.postgres, ['-D', layout.cluster, ...settings], {
      ...ids,
      cwd: '/',
      detached: true,
      env: programEnv,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
  let ended = false;
  child.once('error', () => (ended = true));
  child.once('exit', () => (ended = true));
  child.unref();
  return child.pid === undefined ? undefined : whenReady(options, child.pid, () => ended);
}

/** Waits until `postmaster.pid` names this process and says ready; undefined when the process ended before. */
async function whenReady(options: LaunchOptions, pid: number, ended: () => boolean): Promise<Postmaster | undefined> {
  const untilMs = options.clock.monotonicMs() + READY_TIMEOUT_MS;
  let recorded = false;
  while (options.clock.monotonicMs() < untilMs) {
    const postmaster = await readPostmaster(options.layout);
    if (postmaster?.pid === pid && !recorded) {
      await recordServer(options.layout, pid);
      recorded = true;
    }
    if (postmaster?.pid === pid && postmaster.ready) return postmaster;
    if (ended() || (await processStarted(pid)) === undefined) return undefined;
    await sleep(POLL_MS);
  }
  throw await startFailed(options.layout);
}

async function startFailed(layout: Layout): Promise<Fault> {
  const log = await readFile(layout.log, 'utf8').catch(() => '');
  const fatal = log.split('\n').findLast((line) => /FATAL|PANIC|error/.test(line));
  return new Fault({
    reason: 'DatabaseStartFailed',
    message: `the embedded PostgreSQL did not start${fatal === undefined ? '' : `: ${fatal.trim()}`}`,
    hint: `see ${layout.log}; free space and memory are the usual causes, DATABASE_URL uses another server`,
    details: { log: log.slice(-2_000) },
  });
}
