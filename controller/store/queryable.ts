/** What a statement needs of a connection or pool; `pg.Pool` and `pg.PoolClient` fit. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>;
}

/** A pool that also runs transactions. Adapter: `platform/postgres/`. */
export interface Database extends Queryable {
  /** Commits what `work` did, or rolls all of it back when it throws. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
}
