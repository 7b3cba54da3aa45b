import type { Pool } from '../../../platform/postgres/connect.ts';
import { createEmptyDatabase, type TestDatabase } from '../../database.ts';
import { ServeProcess } from './serve-process.ts';
import { watchTransitions } from './transitions.ts';
import { Workplace } from './workplace.ts';

/** Several `serve` on one database, with the same documents and types. */
export class SharedDatabase {
  readonly place: Workplace;
  readonly serves: ServeProcess[] = [];
  readonly #database: TestDatabase;

  private constructor(place: Workplace, database: TestDatabase) {
    this.place = place;
    this.#database = database;
  }

  static async open(pace: string): Promise<SharedDatabase> {
    return new SharedDatabase(new Workplace(pace), await createEmptyDatabase());
  }

  get pool(): Pool {
    return this.#database.pool;
  }

  get url(): string {
    return this.#database.url;
  }

  /** Starts one more; the first of them migrates the database, which is watched from then on. */
  async start(name: string, env: Readonly<Record<string, string>> = {}): Promise<ServeProcess> {
    const { watch, types } = this.place;
    const serve = new ServeProcess({
      dataFolder: this.place.dataOf(name),
      watch,
      types,
      env: { DATABASE_URL: this.#database.url, ...env },
    });
    this.serves.push(serve);
    await serve.ready();
    if (this.serves.length === 1) await watchTransitions(this.pool);
    return serve;
  }

  /** Stops what still runs and drops the database. */
  async close(): Promise<void> {
    await Promise.all(this.serves.map((serve) => serve.stop().catch(() => serve.killForGood())));
    await this.#database.drop();
    this.place.remove();
  }
}
