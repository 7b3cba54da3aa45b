import pg from 'pg';
import type { Log } from '../log.ts';
import { translateError } from './sql-state.ts';
import { valueTypes } from './value-types.ts';

/** Answer of one statement. */
export interface Answer<Row> {
  readonly rows: Row[];
  /** Rows returned, or changed by a statement that returns none. */
  readonly rowCount: number;
}

/** A statement with a name is planned once a connection; one name always goes with one text. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/**
 * Something that runs statements: a pool (each on any connection) or a transaction. Values as in `value-types.ts`; a Date, an array for a
 * PostgreSQL array and JSON text for json columns go in. Throws pg's `DatabaseError` with its SQLSTATE (see sql-state.ts), or the fault
 * `DatabaseUnavailable` when the connection is lost.
 */
export interface Session {
  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Answer<Row>>;
  query<Row extends object = Record<string, unknown>>(statement: NamedStatement): Promise<Answer<Row>>;
}

/** A transaction in progress. `client` is the bare connection for what needs it (COPY); its errors are not translated. */
export interface Transaction extends Session {
  readonly client: pg.PoolClient;
}

/** A pool of connections to one database. */
export interface Pool extends Session {
  /** A connection for itself, for COPY or session locks; `release(true)` closes it instead of giving it back. */
  connect(): Promise<Transaction & { release(broken?: boolean): void }>;
  /** Connections open now, and callers waiting for one. */
  stats(): { open: number; idle: number; waiting: number };
  /** Waits for what runs, then closes all. Calling it twice is one end. */
  end(): Promise<void>;
}

/** How a pool is opened. */
export interface PoolOptions {
  /** `application_name` of its sessions: role and process id, by which a fenced process's sessions are found. Cut at 63 bytes. */
  readonly name: string;
  /** Most connections at once. */
  readonly max: number;
  /** A statement that takes longer is cancelled (SQLSTATE 57014). Default 60 s; 0 is none. */
  readonly statementTimeoutMs?: number;
  /** A wait for a lock that takes longer fails (55P03). Default 30 s; 0 is none. */
  readonly lockTimeoutMs?: number;
  readonly log?: Pick<Log, 'warn'>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** The server ends a statement in time and says so; when nothing comes within this time after, it is out of reach. */
const ANSWER_GRACE_MS = 5_000;
const IDLE_TIMEOUT_MS = 60_000;
/** A transaction whose process forgot it would hold back vacuum and locks; ours never think for this long inside one. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 120_000;

/** Settings that every connection of ours shares, pooled or not. */
export function clientConfig(url: string, options: Omit<PoolOptions, 'max' | 'log'>): pg.ClientConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? 60_000;
  return {
    connectionString: url,
    application_name: Buffer.from(options.name).subarray(0, 63).toString(),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    // A peer that vanished without a word (failover, pulled cable) would otherwise be waited for until TCP gives up, a quarter of an hour.
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + ANSWER_GRACE_MS }),
    lock_timeout: options.lockTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    types: valueTypes,
  };
}

/** Opens a pool. Nothing is connected before the first statement. */
export function openPool(url: string, options: PoolOptions): Pool {
  const pool = new pg.Pool({ ...clientConfig(url, options), max: options.max, idleTimeoutMillis: IDLE_TIMEOUT_MS });
  // An idle connection that breaks (server restart, terminated by an operator) is dropped by the pool; unheard, it would end the process.
  pool.on('error', (error) => options.log?.warn({ pool: options.name, err: error }, 'idle database connection lost'));
  let ending: Promise<void> | undefined;
  return {
    query: sessionQuery(pool),
    async connect() {
      const client = await pool.connect().catch(rethrow);
      const ignore = (): void => undefined; // a loss shows in the statement that runs or comes next
      client.on('error', ignore);
      const release = (broken = false): void => {
        client.off('error', ignore);
        client.release(broken);
      };
      return { client, query: sessionQuery(client), release };
    },
    stats: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    end: () => (ending ??= pool.end()),
  };
}

/** How a transaction runs. */
export interface TransactionOptions {
  /** Default `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
}

/**
 * Runs `work` in a transaction: committed when it resolves, rolled back when it throws, and then its error is thrown on. Not repeated here:
 * see `isContention` for what is worth it. When the connection is lost at commit, the outcome is unknown (`DatabaseUnavailable`).
 */
export async function withTransaction<T>(
  pool: Pool,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const connection = await pool.connect();
  let broken = true;
  try {
    await connection.query(beginStatement(options));
    const result = await work(connection);
    await connection.query('commit');
    broken = false;
    return result;
  } catch (error) {
    broken = await connection.query('rollback').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    connection.release(broken);
  }
}

function beginStatement({ isolation = 'read committed', readOnly = false }: TransactionOptions): string {
  return `begin isolation level ${isolation}${readOnly ? ' read only' : ''}`;
}

function sessionQuery(target: pg.Pool | pg.PoolClient): Session['query'] {
  return async <Row extends object>(statement: string | NamedStatement, values?: readonly unknown[]): Promise<Answer<Row>> => {
    const config = typeof statement === 'string' ? { text: statement, ...(values && { values }) } : statement;
    const query: pg.QueryConfig = { ...config, values: config.values && [...config.values] } as pg.QueryConfig;
    const result = await (target as pg.Pool).query<Row & pg.QueryResultRow>(query).catch(rethrow);
    return { rows: result.rows, rowCount: result.rowCount ?? 0 };
  };
}

function rethrow(error: unknown): never {
  throw translateError(error);
}
