import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openPool } from '../../platform/postgres/connect.ts';
import type { RunKey } from '../../runtime/apis/run.ts';
import { IngestBudget } from '../../runtime/ingest/budget.ts';
import { Ingest } from '../../runtime/ingest/ingest.ts';
import { defaultLimits } from '../../runtime/protocol/limits.ts';
import { LineSplitter } from '../../runtime/protocol/wire/framing.ts';
import { createRecordSink } from '../../runtime/store/postgres/records/record-sink.ts';
import { defaultPatience } from '../../runtime/store/postgres/patience.ts';
import { session } from '../gen/protocol.ts';

/** What the process of the ingest bench is told (argv, as JSON). */
export interface IngestRunRequest {
  readonly url: string;
  readonly keys: readonly RunKey[];
  /** Records of each run. */
  readonly count: number;
  readonly connections: number;
}

/** What it prints (stdout, as JSON). */
export interface IngestRunResult {
  readonly seconds: number;
  readonly written: number;
  readonly idleBytes: number;
  readonly peakBytes: number;
}

const BUDGET_BYTES = 24 * 2 ** 20;
const child = fileURLToPath(new URL('emit-records.ts', import.meta.url));

if (import.meta.main) {
  const result = await ingestRuns(JSON.parse(process.argv[2] ?? '') as IngestRunRequest);
  process.stdout.write(JSON.stringify(result));
}

/** As the runtime does it: child, framing, protocol checks, ingest, sink. All runs at once. */
async function ingestRuns(request: IngestRunRequest): Promise<IngestRunResult> {
  const pool = openPool(request.url, { name: 'bench-ingest', max: request.connections });
  await Promise.all(Array.from({ length: request.connections }, () => pool.query('select pg_sleep(0.05)')));
  const sink = createRecordSink(pool, defaultPatience(Math.random));
  const budget = new IngestBudget(BUDGET_BYTES);
  const idleBytes = process.memoryUsage.rss();
  const startedMs = performance.now();
  const written = await Promise.all(request.keys.map((key) => ingestRun(new Ingest({ sink, budget, key }), request.count)));
  const seconds = (performance.now() - startedMs) / 1_000;
  await pool.end();
  return { seconds, written: written.reduce((sum, n) => sum + n, 0), idleBytes, peakBytes: process.resourceUsage().maxRSS * 1_024 };
}

async function ingestRun(ingest: Ingest, count: number): Promise<number> {
  const connector = spawn(process.execPath, [child, String(count), '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const conversation = session();
  const splitter = new LineSplitter(defaultLimits.maxLineBytes);
  for await (const chunk of connector.stdout) {
    for (const line of splitter.push(chunk as Buffer)) {
      const effect = conversation.accept(line);
      const room = effect?.kind === 'record' ? ingest.write(effect.record, effect.bytes) : undefined;
      if (room !== undefined) await room;
    }
  }
  await ingest.close();
  if (conversation.violation !== null) throw new Error(JSON.stringify(conversation.violation));
  if (conversation.done?.recordsEmitted !== conversation.recordsAccepted) throw new Error('records were lost');
  return ingest.written;
}
