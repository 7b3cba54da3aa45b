import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../platform/clock.ts';
import { openPool, type Pool } from '../../../platform/postgres/connect.ts';
import { startEmbedded } from '../../../platform/postgres/embedded/start-embedded.ts';
import { type MeasuredProcess, startServe } from './product.ts';

/** Documents in one file, or each in its own. */
export type Layout = 'files' | 'one file';

/** An installation with a database of its own, from the start of its process. */
export interface Fleet {
  readonly serve: MeasuredProcess;
  readonly pool: Pool;
  /** Time from the start of the process until every document's connector was Ready, in seconds. */
  readonly seconds: number;
  stop(): Promise<void>;
}

const POLL_MS = 100;
const PATIENCE_MS = 300_000;

/** The nth document: a connector whose schedule is suspended, so that no run disturbs the figures. */
export function fleetDocument(n: number, displayName = `Connector ${n}`): string {
  return `apiVersion: cynodeai.io/v1alpha1
kind: Connector
metadata:
  name: ${fleetName(n)}
spec:
  owner: {type: user, id: 6f1c2a52-6a0e-4c7e-9a54-0d8c1f2b3a10}
  type: git-history
  typeVersion: 1
  displayName: ${displayName}
  config:
    repository: /srv/repository-${n}
  schedule:
    every: 24h
    suspend: true
`;
}

/** Name of the nth connector. */
export function fleetName(n: number): string {
  return `connector-${String(n).padStart(6, '0')}`;
}

/** Writes a folder of documents. */
export function writeFleet(folder: string, count: number, layout: Layout): void {
  mkdirSync(folder, { recursive: true });
  const documents = Array.from({ length: count }, (_, n) => fleetDocument(n));
  if (layout === 'one file') writeFileSync(join(folder, 'fleet.yaml'), documents.join('---\n'));
  else for (const [n, document] of documents.entries()) writeFileSync(join(folder, `${fleetName(n)}.yaml`), document);
}

/** Replaces one document as editors and git do. */
export function rewriteDocument(folder: string, n: number, displayName: string): void {
  const file = join(folder, `${fleetName(n)}.yaml`);
  writeFileSync(`${file}.new`, fleetDocument(n, displayName));
  renameSync(`${file}.new`, file);
}

/** Starts an installation over a folder of `count` documents and waits until all are Ready. */
export async function startFleet(options: { data: string; watch: string; count: number; env?: Record<string, string> }): Promise<Fleet> {
  const { data, watch, count, env = {} } = options;
  const beganMs = performance.now();
  const serve = startServe({ data, watch, env });
  await serve.logged('embedded PostgreSQL is ready');
  const server = await startEmbedded({ dataFolder: join(data, 'postgres'), clock: systemClock });
  await server.leave();
  const pool = openPool(server.url, { name: 'bench', max: 2 });
  const stop = async (): Promise<void> => {
    await pool.end();
    await serve.stop();
  };
  try {
    await untilReady(pool, count);
    return { serve, pool, seconds: (performance.now() - beganMs) / 1_000, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Looks at the narrow rows while it waits, and at every status once they are all there: looking must not be what is measured. */
async function untilReady(pool: Pool, count: number): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (performance.now() < untilMs) {
    if ((await countOf(pool, `select count(*) as n from connector_instances where phase = 'active'`)) >= count) {
      const ready = `select count(*) as n from connector_specs where status -> 'conditions' @> '[{"type": "Ready", "status": "True"}]'`;
      if ((await countOf(pool, ready)) >= count) return;
    }
    await sleep(POLL_MS);
  }
  throw new Error(`${count} documents did not become Ready in ${PATIENCE_MS / 1_000} s`);
}

/** 0 while the tables are not there. */
async function countOf(pool: Pool, statement: string): Promise<number> {
  try {
    const { rows } = await pool.query<{ n: number }>(statement);
    return Number(rows[0]?.n ?? 0);
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return 0;
    throw error;
  }
}

const UNDEFINED_TABLE = '42P01';
