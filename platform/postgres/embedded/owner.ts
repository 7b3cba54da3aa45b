import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { hasSqlState, SqlState, translateError } from '../sql-state.ts';

/** Key of the advisory lock that names the owner of the embedded server, in the database `postgres`. */
const OWNER_LOCK = [0x636e, 1];
/** The server notices at once that a killed owner's socket is closed, but has to get a turn on a loaded machine. */
const LOCK_ATTEMPTS = 10;
const LOCK_RETRY_MS = 100;
/** Recovery replays at most the two gigabytes of log between checkpoints. */
const RECOVERY_MS = 300_000;
const RECOVERY_POLL_MS = 100;

/** A session on the embedded server that holds the owner's lock, or tries to. */
export interface OwnerSession {
  /** True when this process owns the server. Asks again where another held it: that one may be gone by now. */
  isOwner(): Promise<boolean>;
  /** Resolves when the session ends by itself: the server stopped or crashed. */
  readonly lost: Promise<void>;
  /** Ends the session; the lock goes with it. */
  close(): Promise<void>;
}

/** Opens the session, waiting for a server that recovers from a crash, and tries for the lock for about a second. */
export async function openOwnerSession(url: string): Promise<OwnerSession> {
  const client = await connectWhenReady(url);
  const { promise: lost, resolve } = Promise.withResolvers<void>();
  let owner = false;
  // The lock ends with the session: a server that was started anew has another owner.
  const end = (): void => {
    owner = false;
    resolve();
  };
  client.on('error', end);
  client.on('end', end);
  const tryLock = async (): Promise<boolean> => {
    if (owner) return true;
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1, $2) as locked', OWNER_LOCK);
    owner = rows[0]?.locked === true;
    return owner;
  };
  for (let attempt = 1; !(await tryLock()) && attempt < LOCK_ATTEMPTS; attempt += 1) await sleep(LOCK_RETRY_MS);
  return {
    lost,
    isOwner: () => tryLock().catch(() => false),
    close: () => client.end().catch(() => undefined),
  };
}

/** `postmaster.pid` says ready all the time that a server recovers from the crash of a backend; only a connection tells. */
async function connectWhenReady(url: string): Promise<Client> {
  for (let waitedMs = 0; ; waitedMs += RECOVERY_POLL_MS) {
    const client = new Client({ connectionString: url, application_name: 'embedded-owner', keepAlive: true });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!hasSqlState(error, SqlState.cannotConnectNow) || waitedMs >= RECOVERY_MS) throw translateError(error);
      await sleep(RECOVERY_POLL_MS);
    }
  }
}

/** Creates the product's database where it is missing; of two that try at once the second finds it there. */
export async function ensureDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    const code = (error as { code?: string }).code;
    // duplicate_database, or unique_violation on pg_database when both were inside the statement
    if (code !== '42P04' && code !== '23505') throw error;
  } finally {
    await client.end();
  }
}
