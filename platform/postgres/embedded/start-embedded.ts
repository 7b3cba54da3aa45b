import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import { processStarted } from '../../process-identity.ts';
import { findBinaries } from './binaries.ts';
import { ensureCluster, ROLE } from './cluster.ts';
import { launch } from './launch.ts';
import { prepareLayout } from './layout.ts';
import { boundLog } from './log-file.ts';
import { ensureDatabase, openOwnerSession } from './owner.ts';
import { serverUser } from './server-user.ts';
import { stopServer } from './stop-server.ts';

/** How the embedded server is started. */
export interface EmbeddedOptions {
  /** Folder of the server alone (cluster, password, socket, log); created where missing. */
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log?: Pick<Log, 'info' | 'warn'>;
}

/** A running embedded server, as seen by one process. */
export interface EmbeddedPostgres {
  /** Connection string for pg, with the password: never to be logged. Valid as long as the data folder stays where it is. */
  readonly url: string;
  /** The server ran already: left by a killed process, or shared with a live one. */
  readonly adopted: boolean;
  /** This process holds the owner's lock. Where another holds it, that one decides when the server stops. */
  readonly owner: boolean;
  readonly pid: number;
  /** Resolves when the server is gone: crashed, stopped by its owner or by `stop()`. After a crash, calling `startEmbedded` again starts it again. */
  readonly lost: Promise<void>;
  /** The owner stops the server (10 s at most) and answers `stopped`; anyone else only lets go and answers `left`. */
  stop(): Promise<'stopped' | 'left'>;
  /** Lets go without stopping: the server runs on and whoever starts it next adopts it. */
  leave(): Promise<void>;
}

/** Name of the product's database inside the embedded server. */
const DATABASE = 'connectors';

/**
 * Starts, or adopts, the PostgreSQL of a data folder. Idempotent across processes and kills: any number may call it at any moment.
 * As root the server runs as uid 65534, else as the caller; it listens on a unix socket in a 0700 folder and nowhere else.
 * Throws faults with reasons `Database...`, each with a hint.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { clock, log } = options;
  const user = serverUser();
  const layout = await prepareLayout(options.dataFolder, user);
  const binaries = await findBinaries(layout, user);
  const password = await ensureCluster(layout, binaries, user);
  const { server, adopted } = await launch({ layout, binaries, user, clock });
  const urlOf = (database: string): string =>
    `postgresql://${ROLE}:${encodeURIComponent(password)}@${encodeURIComponent(server.socketFolder)}:5432/${database}`;
  const session = await openOwnerSession(urlOf('postgres'));
  // A session that is left behind by a failed start would keep the owner's lock from every later one.
  const owner = await ensureDatabase(urlOf('postgres'), DATABASE)
    .then(() => session.isOwner())
    .catch(async (error: unknown) => {
      await session.close();
      throw error;
    });
  log?.info({ serverPid: server.pid, adopted, owner, version: binaries.majorVersion }, 'embedded PostgreSQL is ready');
  const started = (await processStarted(server.pid)) ?? '';
  const bounded = boundLog(layout.log);
  void session.lost.then(() => bounded.stop());
  const stop = once(async (): Promise<'stopped' | 'left'> => {
    bounded.stop();
    const mine = await session.isOwner();
    // The lock is held until the server is gone: whoever adopted it in between would lose it at once.
    if (mine) await stopServer(layout, { pid: server.pid, started }, clock);
    await session.close();
    return mine ? 'stopped' : 'left';
  });
  const leave = async (): Promise<void> => {
    bounded.stop();
    await session.close();
  };
  return { url: urlOf(DATABASE), adopted, owner, pid: server.pid, lost: session.lost, stop, leave };
}

/** Calling twice is one call. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
