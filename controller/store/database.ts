import { type Pool, withTransaction } from '../../platform/postgres/connect.ts';
import type { Database } from './queryable.ts';

/** The pool as the stores of the control plane see it. */
export function databaseOf(pool: Pool): Database {
  return {
    query: (text, values) => pool.query(text, values),
    transaction: (work) => withTransaction(pool, (transaction) => work(transaction)),
  };
}
