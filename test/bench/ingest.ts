import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { from as copyFrom } from 'pg-copy-streams';
import { openPool, type Pool } from '../../platform/postgres/connect.ts';
import { runtimeFlags } from '../../platform/runtime-flags.ts';
import { storeRun } from '../gen/stored-run.ts';
import { benchRecord } from './bench-record.ts';
import type { IngestRunRequest, IngestRunResult } from './ingest-run.ts';

/** Figures of the ingest bench; rates in rows per second, memory in bytes. */
export interface IngestFigures {
  readonly records: number;
  /** COPY into a keyed table of the same shape, on one and on two connections. */
  readonly copyRate: readonly [number, number];
  /** First sync: every record is new. Through a child, checks, history and versions, on two connections. */
  readonly ingestRate: number;
  /** ingestRate over the better of copyRate. */
  readonly ratio: number;
  /** The same records again: nothing is written. */
  readonly unchangedRate: number;
  readonly idleBytes: number;
  readonly peakBytes: number;
}

/** What to measure. `url`: a migrated database of its own, which is left with the rows of the bench. */
export interface IngestBench {
  readonly url: string;
  readonly records?: number;
}

const run = promisify(execFile);
const program = fileURLToPath(new URL('ingest-run.ts', import.meta.url));

/** Measures COPY and ingest by turns in one database. */
export async function benchIngest({ url, records = 200_000 }: IngestBench): Promise<IngestFigures> {
  const pool = openPool(url, { name: 'bench', max: 2 });
  try {
    await pool.query('create table if not exists copied (like records including all)');
    const copyRate = [await copyAll(pool, records, 1), await copyAll(pool, records, 2)] as const;
    const keys = [await storeRun(pool, { state: 'running' })];
    await checkpoint(pool);
    const first = await ingest({ url, keys, count: records, connections: 2 });
    if (first.written !== records) throw new Error(`${first.written} of ${records} records were written`);
    await checkpoint(pool);
    const again = await ingest({ url, keys, count: records, connections: 2 });
    if (again.written !== 0) throw new Error(`${again.written} unchanged records were written`);
    const ingestRate = records / first.seconds;
    return {
      records,
      copyRate,
      ingestRate,
      ratio: ingestRate / Math.max(...copyRate),
      unchangedRate: records / again.seconds,
      idleBytes: first.idleBytes,
      peakBytes: first.peakBytes,
    };
  } finally {
    await pool.end();
  }
}

/** Memory of one runtime over many runs at once; the rate is that of all together. */
export async function benchManyRuns(
  options: IngestBench & { runs: number },
): Promise<{ rate: number; idleBytes: number; peakBytes: number }> {
  const { url, runs, records = 10_000 } = options;
  const pool = openPool(url, { name: 'bench', max: 2 });
  try {
    const keys = [];
    for (let at = 0; at < runs; at++) keys.push(await storeRun(pool, { state: 'running' }));
    const { seconds, idleBytes, peakBytes } = await ingest({ url, keys, count: records, connections: 10 });
    return { rate: (runs * records) / seconds, idleBytes, peakBytes };
  } finally {
    await pool.end();
  }
}

async function ingest(request: IngestRunRequest): Promise<IngestRunResult> {
  const { stdout } = await run(process.execPath, [...runtimeFlags, program, JSON.stringify(request)]);
  return JSON.parse(stdout) as IngestRunResult;
}

/** Each measurement begins with nothing to write back. */
async function checkpoint(pool: Pool): Promise<void> {
  await pool.query('checkpoint');
}

async function copyAll(pool: Pool, records: number, connections: 1 | 2): Promise<number> {
  await pool.query('truncate copied');
  await checkpoint(pool);
  const startedMs = performance.now();
  const part = Math.ceil(records / connections);
  await Promise.all(Array.from({ length: connections }, (_, at) => copyPart(pool, at * part, Math.min(records, (at + 1) * part))));
  return records / ((performance.now() - startedMs) / 1_000);
}

const COPY_CHUNK = 500;

async function copyPart(pool: Pool, first: number, end: number): Promise<void> {
  const connection = await pool.connect();
  try {
    const stream = connection.client.query(copyFrom('copy copied from stdin'));
    for (let from = first; from < end; from += COPY_CHUNK) {
      let chunk = '';
      for (let at = from; at < Math.min(end, from + COPY_CHUNK); at++) {
        const { key, data } = benchRecord(at);
        chunk += `01900000-0000-7000-8000-000000000000\titems\t${key}\t${at}\tf\t2026-01-01T00:00:00Z\t${data}\n`;
      }
      if (!stream.write(chunk)) await once(stream, 'drain');
    }
    stream.end();
    await once(stream, 'finish');
  } finally {
    connection.release();
  }
}
