import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs, type BackoffShape, type Random } from '../../../platform/backoff.ts';
import { Fault, isFault } from '../../../platform/errors.ts';
import { hasSqlState, isContention, SqlState, sqlStateOf } from '../../../platform/postgres/sql-state.ts';

/** How long a store bears with a database that is away. Every statement here is safe to repeat, so this is about time only. */
export interface Patience {
  /** Tries in all. */
  readonly tries: number;
  readonly backoff: BackoffShape;
  readonly random: Random;
}

/** About 12 seconds: longer than a restart of PostgreSQL, shorter than a lease is worth. */
export function defaultPatience(random: Random): Patience {
  return { tries: 8, backoff: { initialMs: 100, maxMs: 4_000 }, random };
}

/**
 * Runs a repeatable statement until the database answers. Throws `DatabaseUnavailable` (retry) when patience ends; answers about the
 * content of the statement are thrown on at once.
 */
export async function withPatience<T>(patience: Patience, statement: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await statement();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (tries >= patience.tries) throw exhausted(error);
      await sleep(backoffMs(tries, patience.backoff, patience.random));
    }
  }
}

/** Insufficient resources (a full disk among them), system errors, and a server that is a standby for the moment. */
const PASSING_STATES = /^(53|58|25006)/;

/** A lost connection, contention, a statement that took too long on a busy server, or a server in trouble of its own. */
function isPassing(error: unknown): boolean {
  if (isFault(error, 'DatabaseUnavailable') || isContention(error) || hasSqlState(error, SqlState.queryCanceled)) return true;
  return PASSING_STATES.test(sqlStateOf(error) ?? '');
}

function exhausted(cause: unknown): Fault {
  if (isFault(cause, 'DatabaseUnavailable')) return cause;
  return new Fault({
    reason: 'DatabaseUnavailable',
    message: `the database did not take the statement (SQLSTATE ${sqlStateOf(cause)})`,
    hint: 'look for a full disk, long transactions, and locks on the tables of this product',
    cause,
  });
}
