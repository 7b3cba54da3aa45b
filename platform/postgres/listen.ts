import pg from 'pg';
import type { Random } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { type Loop, startLoop } from '../loop.ts';
import { clientConfig } from './connect.ts';
import { translateError } from './sql-state.ts';

/** What a listener needs. Notifications only make things quick; whoever listens also polls. */
export interface ListenOptions {
  readonly channels: readonly string[];
  /** `application_name` of the session. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A notification came. Must not throw and should only wake something. */
  onNotify(channel: string, payload: string): void;
  /**
   * A session listens (again): whatever was sent before is missed, so look at everything once. `deaf` is true when a notification that
   * the session sent to itself did not arrive, as behind a pooler that shares sessions between transactions.
   */
  onConnected(state: { deaf: boolean }): void;
}

/** Quiet sessions are asked this often, so that one whose other end is gone is noticed. */
const PROBE_EVERY_MS = 30_000;
const ECHO_TIMEOUT_MS = 5_000;
const ECHO_CHANNEL = 'connector_listen_echo';

/** Listens on a session of its own until the signal is aborted; reconnects with backoff. `done` resolves when the session is closed. */
export function listen(url: string, options: ListenOptions): Loop {
  return startLoop({
    name: `listen ${options.name}`,
    signal: options.signal,
    clock: options.clock,
    random: options.random,
    log: options.log,
    pass: (signal) => listenOnce(url, options, signal),
  });
}

/** One session from connect to loss. Throws `DatabaseUnavailable` at a loss, so that the loop backs off; resolves at the abort. */
async function listenOnce(url: string, options: ListenOptions, signal: AbortSignal): Promise<number> {
  const client = new pg.Client(clientConfig(url, { name: options.name, statementTimeoutMs: PROBE_EVERY_MS }));
  const { promise: lost, reject, resolve } = Promise.withResolvers<void>();
  lost.catch(() => undefined); // awaited below; a loss before that is none unhandled
  client.on('error', reject);
  client.on('end', () => reject(new Error('session ended')));
  const abort = (): void => resolve();
  signal.addEventListener('abort', abort);
  if (signal.aborted) resolve();
  let probe: NodeJS.Timeout | undefined;
  try {
    await client.connect();
    client.on('notification', ({ channel, payload }) => {
      if (channel !== ECHO_CHANNEL) options.onNotify(channel, payload ?? '');
    });
    for (const channel of [ECHO_CHANNEL, ...options.channels]) await client.query(`listen ${client.escapeIdentifier(channel)}`);
    const deaf = !(await hearsItself(client));
    if (deaf) options.log.warn({ name: options.name }, 'notifications do not arrive, polling alone finds work');
    options.onConnected({ deaf });
    probe = setInterval(() => void client.query('select 1').catch(reject), PROBE_EVERY_MS);
    await lost;
    return 0;
  } catch (error) {
    throw translateError(error);
  } finally {
    clearInterval(probe);
    signal.removeEventListener('abort', abort);
    await client.end().catch(() => undefined);
  }
}

async function hearsItself(client: pg.Client): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ECHO_TIMEOUT_MS);
  const { rows } = await client.query<{ pid: string }>('select pg_backend_pid()::text as pid');
  const mine = rows[0]?.pid ?? '';
  const hear = (message: pg.Notification): void => {
    if (message.channel === ECHO_CHANNEL && message.payload === mine) resolve(true);
  };
  client.on('notification', hear);
  await client.query('select pg_notify($1, $2)', [ECHO_CHANNEL, mine]);
  const heard = await promise;
  clearTimeout(timer);
  client.off('notification', hear);
  return heard;
}
