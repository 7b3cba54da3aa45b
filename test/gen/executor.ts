import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { openPool, type Pool } from '../../platform/postgres/connect.ts';
import type { RunAssignment, RunKey } from '../../runtime/apis/run.ts';
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
import { claimDueRuns } from '../../runtime/store/postgres/queue/claim-due-runs.ts';
import { decodeAssignment } from '../../runtime/store/postgres/queue/decode-assignment.ts';
import { createRecordSink } from '../../runtime/store/postgres/records/record-sink.ts';
import type { ConnectorTypeSpec } from '../../schemas/connector-type.ts';
import type { ConnectorSpec } from '../../schemas/connector.ts';
import { ids } from './connector-rows.ts';
import { storeRun, storeRunOf, typeSpec } from './stored-run.ts';

/** One run of a shell script, or of a command, as a connector. */
export interface RunRequest {
  /** Text of a shell script; `$OUT` in it is a file with `output`. */
  readonly script?: string;
  readonly command?: readonly string[];
  readonly output?: Buffer | string | readonly (object | string)[];
  readonly type?: Partial<ConnectorTypeSpec>;
  readonly spec?: Partial<ConnectorSpec>;
  readonly trigger?: 'schedule' | 'manual';
  /** Another run of the same connector. */
  readonly instance?: string;
  readonly stop?: RunStop;
  readonly parts?: Partial<RunParts>;
  /** Called with the claimed run right before it is executed. */
  readonly before?: (run: RunAssignment) => Promise<void> | void;
}

/** Everything that a run left behind. */
export interface RanRun {
  readonly key: RunKey;
  readonly row: Record<string, unknown> & { state: string; reason: string | null; message: string | null };
  readonly checkpoint: { commit_status: string; staged: number; committed: number; streams: unknown[] };
  readonly violation: string | undefined;
  readonly gaps: readonly Record<string, unknown>[];
  readonly events: readonly { type: string; data: Record<string, unknown> }[];
  readonly terminal: Record<string, unknown>;
  readonly log: { log: string; bytes_observed: number } | undefined;
  /** Exact text. */
  readonly records: readonly { stream: string; key: string; data: string | null; deleted: boolean }[];
  readonly cursors: Readonly<Record<string, string>>;
  /** Processes that still carry the run's id. */
  readonly alive: readonly number[];
}

/** The executor over a real database and a real sandbox. */
export interface Executor {
  readonly pool: Pool;
  readonly parts: RunParts;
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
    const assignment = await claimed(pool, folder, request);
    await request.before?.(assignment);
    await executeRun(assignment, request.stop ?? new RunStop(), { ...parts, ...request.parts });
    return remains(pool, assignment);
  };
  const close = async (): Promise<void> => {
    await sandbox.close();
    await pool.end();
    rmSync(folder, { recursive: true, force: true });
  };
  return { pool, parts, folder, logged, run, close };
}

/** A script that takes START and writes the prepared output. */
export const emitOutput = 'read start; cat "$OUT"';

/** Output as bytes: objects are lines of their own. */
function outputBytes(output: RunRequest['output']): Buffer {
  if (Buffer.isBuffer(output)) return output;
  if (output === undefined || typeof output === 'string') return Buffer.from(output ?? '');
  return Buffer.from(output.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
}

/** Seeds type, connector and run, and claims it as a runtime does. */
async function claimed(pool: Pool, folder: string, request: RunRequest): Promise<RunAssignment> {
  const trigger = request.trigger ?? 'manual';
  const key = request.instance === undefined ? await storeRun(pool, { trigger }) : await storeRunOf(pool, request.instance, { trigger });
  if (trigger === 'schedule') {
    const schedule = `insert into schedules (connector_instance_id, schedule) values ($1, '{"every": "1h"}') on conflict do nothing`;
    await pool.query(schedule, [key.connectorInstanceId]);
  }
  const typeFolder = join(folder, 'types', key.runId);
  mkdirSync(typeFolder, { recursive: true, mode: 0o755 });
  for (const path of [join(folder, 'types'), typeFolder]) chmodSync(path, 0o755);
  writeFileSync(join(typeFolder, 'output'), outputBytes(request.output), { mode: 0o644 });
  writeFileSync(join(typeFolder, 'script.sh'), `OUT=output\n${request.script ?? emitOutput}\n`, { mode: 0o755 });
  const document = { ...typeSpec(), ...request.type };
  const type = {
    ...document,
    runtime: { command: [...(request.command ?? ['sh', 'script.sh'])], ...document.runtime, ...request.type?.runtime },
  };
  if (request.type?.runtime?.command === undefined) type.runtime.command = [...(request.command ?? ['sh', 'script.sh'])];
  await pool.query(
    `update connector_types t set document = $2, origin = $3 from connector_instances i
      where i.connector_instance_id = $1 and t.connector_key = i.connector_key`,
    [key.connectorInstanceId, JSON.stringify(type), JSON.stringify({ kind: 'folder', folder: typeFolder })],
  );
  await pool.query(
    `update spec_revisions v set spec = v.spec || $2::jsonb from connector_specs s where s.instance_id = $1 and v.spec_uid = s.uid`,
    [key.connectorInstanceId, JSON.stringify(request.spec ?? {})],
  );
  const bounds = { maxRuns: 1_000, maxRunsPerNamespace: 1_000, maxRunsPerType: 1_000, startDeadlineMs: 60_000 };
  const rows = await claimDueRuns(pool, { ...bounds, processId: ids.uuid(), capacity: 1_000 });
  const row = rows.find((each) => each['run_id'] === key.runId);
  if (row === undefined) throw new Error('the run was not claimed');
  return decodeAssignment(row);
}

/** Reads what a run left behind. */
export async function remains(pool: Pool, key: RunKey): Promise<RanRun> {
  const of = [key.connectorInstanceId, key.runId];
  const read = async (text: string, values: unknown[]): Promise<Record<string, unknown>[]> => (await pool.query(text, values)).rows;
  const [row] = await read('select * from runs where connector_instance_id = $1 and run_id = $2', of);
  const events = await read('select type, data from run_events where connector_instance_id = $1 and run_id = $2 order by seq', of);
  const logs = await read('select log, bytes_observed from run_logs where connector_instance_id = $1 and run_id = $2', of);
  const records = await read(
    'select stream, key, data::text as data, deleted from records where connector_instance_id = $1 order by stream, key',
    [key.connectorInstanceId],
  );
  const cursors = await read('select stream, cursor::text as cursor from checkpoints where connector_instance_id = $1', [
    key.connectorInstanceId,
  ]);
  const ends = events.filter(({ type }) => type === 'run.completed' || type === 'run.failed');
  return {
    key,
    row,
    checkpoint: row?.['checkpoint'],
    violation: (row?.['violation'] as { subtype: string } | null)?.subtype,
    gaps: row?.['known_gaps'],
    events,
    terminal: ends.length === 1 ? ends[0]?.['data'] : { terminalEvents: ends.length },
    log: logs[0],
    records,
    cursors: Object.fromEntries(cursors.map(({ stream, cursor }) => [stream, cursor])),
    alive: processesOf(key.runId),
  } as unknown as RanRun;
}

/** Processes of this machine whose environment carries the run's id. */
export function processesOf(runId: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid).includes(`CONNECTOR_RUN_ID=${runId}`))
    .map(Number);
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
