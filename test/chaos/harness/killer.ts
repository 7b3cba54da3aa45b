import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from '../../../platform/postgres/connect.ts';
import { childrenOf, connectorsOf, runtimesOf, signal } from './processes.ts';
import { oneOf, weighted } from './random.ts';
import type { ServeProcess } from './serve-process.ts';

/** What can be killed. */
export type Victim = 'controller' | 'runtime' | 'connector' | 'connections' | 'backend' | 'postmaster';

/** How often each is chosen. A killed backend makes PostgreSQL recover, a killed postmaster makes the product start it again. */
const CHOICES: readonly (readonly [number, Victim])[] = [
  [12, 'controller'],
  [20, 'runtime'],
  [36, 'connector'],
  [22, 'connections'],
  [6, 'backend'],
  [4, 'postmaster'],
];

/** Every kind, for whoever wants each at least once. */
export const victims: readonly Victim[] = CHOICES.map(([, victim]) => victim);

/** What the killer aims at. */
export interface Range {
  readonly random: () => number;
  /** Left out: by chance. */
  readonly victim: Victim | undefined;
  readonly serve: ServeProcess;
  readonly pool: Pool;
}

/** Kills something by SIGKILL, or by terminating its database sessions; undefined when there was nothing of the kind just then. */
export async function killOne({ random, serve, pool, victim = weighted(random, CHOICES) }: Range): Promise<Victim | undefined> {
  const { dataFolder } = serve.options;
  if (victim === 'connections') return (await terminateSessions(pool, random)) ? victim : undefined;
  const pids: Record<Exclude<Victim, 'connections'>, () => number[]> = {
    controller: () => (serve.pid === undefined ? [] : [serve.pid]),
    runtime: () => runtimesOf(dataFolder),
    connector: () => connectorsOf(dataFolder),
    backend: () => childrenOf(postmasterOf(dataFolder)).flatMap(({ pid, words }) => (words[0]?.includes(' connectors ') ? [pid] : [])),
    postmaster: () => [postmasterOf(dataFolder)].filter((pid) => pid > 0),
  };
  const pid = oneOf(random, pids[victim]());
  return pid !== undefined && signal(pid, 'SIGKILL') ? victim : undefined;
}

/** Ends about a third of the product's sessions, whatever they are doing. */
async function terminateSessions(pool: Pool, random: () => number): Promise<boolean> {
  const { rowCount } = await pool
    .query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid() and abs(hashint4(pid + $1)) % 3 = 0`,
      [Math.floor(random() * 1e6)],
    )
    .catch(() => ({ rowCount: 0 }));
  return rowCount > 0;
}

function postmasterOf(dataFolder: string): number {
  try {
    return Number(readFileSync(join(dataFolder, 'postgres', 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);
  } catch {
    return 0;
  }
}
