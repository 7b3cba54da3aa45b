import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { openPool, type Pool } from '../../platform/postgres/connect.ts';
import type { RecordSink } from '../../runtime/apis/ports.ts';
import type { RunAssignment } from '../../runtime/apis/run.ts';
import { envProvider } from '../../runtime/credentials/env/provider.ts';
import { credentialResolver } from '../../runtime/credentials/resolver.ts';
import { IngestBudget } from '../../runtime/ingest/budget.ts';
import { Ingest } from '../../runtime/ingest/ingest.ts';
import { schemaChecks } from '../../runtime/protocol/manifest/schema-sample.ts';
import { executeRun } from '../../runtime/run/execute-run.ts';
import { defaultTimings, type RunTimings } from '../../runtime/run/prepare/run-limits.ts';
import type { RunParts } from '../../runtime/run/run-parts.ts';
import { RunStop } from '../../runtime/run/run-stop.ts';
import { openSandbox } from '../../runtime/sandbox/sandbox.ts';
import { createCheckpointStore } from '../../runtime/store/postgres/checkpoint-store.ts';
import { createRunJournal } from '../../runtime/store/postgres/journal/run-journal.ts';
import type { Patience } from '../../runtime/store/postgres/patience.ts';
import { createRunQueue } from '../../runtime/store/postgres/queue/run-queue.ts';
import { createRecordSink } from '../../runtime/store/postgres/records/record-sink.ts';
import { ids } from './connector-rows.ts';
import { type RanRun, remains, type SeedRequest, seedRun } from './executable-run.ts';

/** One run, with what is special about its execution. */
export interface RunRequest extends SeedRequest {
  readonly stop?: RunStop;
  readonly parts?: Partial<RunParts>;
  /** Called with the claimed run right before it is executed. */
  readonly before?: (run: RunAssignment) => Promise<void> | void;
}

/** The executor over a real database and a real sandbox. */
export interface Executor {
  readonly pool: Pool;
  readonly parts: RunParts;
  readonly sink: RecordSink;
  readonly folder: string;
  /** Lines that the process logged. */
  readonly logged: readonly string[];
  run(request: RunRequest): Promise<RanRun>;
  close(): Promise<void>;
}

/** Short, so that every patience can run out in a test. */
export const shortTimings: RunTimings = {
  ...defaultTimings,
  startMs: 500,
  exitMs: 400,
  stdoutHeldMs: 400,
  stdoutClosedMs: 300,
  graceMs: 300,
  handoverGraceMs: 200,
  stderrHeldMs: 300,
  logMs: 50,
};

const patience: Patience = { tries: 3, backoff: { initialMs: 5, maxMs: 20 }, random: () => 0.5 };

/** Opens an executor on a database; `method` as in the sandbox. */
export async function openExecutor(url: string, method: 'auto' | 'process' = 'process'): Promise<Executor> {
  const folder = mkdtempSync(join(tmpdir(), 'executor-'));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o755 });
  const env = { PATH: process.env['PATH'], CONNECTOR_SECRET_TOKEN: 'canary-7f3a"91/c+ü', CONNECTOR_SECRET_USER: 'someone@example' };
  const sandbox = await openSandbox({ runsFolder: join(data, 'runs'), hiddenPaths: [data], hostEnvironment: env, method });
  const pool = openPool(url, { name: 'cc-runtime-test', max: 6 });
  const sink = createRecordSink(pool, patience);
  const budget = new IngestBudget(16 * 2 ** 20);
  const logged: string[] = [];
  const parts: RunParts = {
    journal: createRunJournal(pool, patience),
    checkpoints: createCheckpointStore(pool, patience),
    credentials: credentialResolver({ env: envProvider(env) }),
    sandbox,
    schemas: schemaChecks(),
    host: { env, bundledTypes: join(folder, 'bundled'), baseFolder: folder },
    timings: shortTimings,
    maxRetries: 0,
    clock: systemClock,
    random: () => 0.5,
    log: createLog({ role: 'runtime', clock: systemClock, write: (line) => void logged.push(line) }),
    openIngest: (key) => new Ingest({ sink, budget, key, limits: { maxRows: 100, maxBytes: 2 ** 20, maxDelayMs: 50 } }),
  };
  const run = async (request: RunRequest): Promise<RanRun> => {
    const assignment = await claimed({ pool, folder, parts }, request);
    await request.before?.(assignment);
    await executeRun(assignment, request.stop ?? new RunStop(), { ...parts, ...request.parts });
    return remains(pool, assignment);
  };
  const close = async (): Promise<void> => {
    await sandbox.close();
    await pool.end();
    rmSync(folder, { recursive: true, force: true });
  };
  return { pool, parts, sink, folder, logged, run, close };
}

/** Seeds a run and claims it as a runtime does. */
async function claimed({ pool, folder, parts }: Pick<Executor, 'pool' | 'folder' | 'parts'>, request: RunRequest): Promise<RunAssignment> {
  const key = await seedRun(pool, folder, request);
  const bounds = { maxRuns: 1_000, maxRunsPerNamespace: 1_000, maxRunsPerType: 1_000, startDeadlineMs: 60_000 };
  const runs = await createRunQueue(pool, bounds, parts.log).claim(ids.uuid(), 1_000);
  const run = runs.find(({ runId }) => runId === key.runId);
  if (run === undefined) throw new Error('the run was not claimed');
  return run;
}
