import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from '../../platform/postgres/connect.ts';
import type { RunKey } from '../../runtime/apis/run.ts';
import type { ConnectorTypeSpec } from '../../schemas/connector-type.ts';
import type { ConnectorSpec } from '../../schemas/connector.ts';
import { storeRun, storeRunOf, typeSpec } from './stored-run.ts';

/** One run of a shell script, or of a command, as a connector. */
export interface SeedRequest {
  /** Text of a shell script; `$OUT` in it is a file with `output`. */
  readonly script?: string;
  readonly command?: readonly string[];
  readonly output?: Buffer | string | readonly (object | string)[];
  readonly type?: Partial<ConnectorTypeSpec>;
  readonly spec?: Partial<ConnectorSpec>;
  readonly trigger?: 'schedule' | 'manual';
  /** Another run of the same connector. */
  readonly instance?: string;
  /** A connector of a type that others have too. */
  readonly connectorKey?: string;
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

/** A script that takes START and writes the prepared output. */
export const emitOutput = 'read start; cat "$OUT"';

/** Output as bytes: objects are lines of their own. */
function outputBytes(output: SeedRequest['output']): Buffer {
  if (Buffer.isBuffer(output)) return output;
  if (output === undefined || typeof output === 'string') return Buffer.from(output ?? '');
  return Buffer.from(output.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
}

async function storeConnectorRun(pool: Pool, { trigger = 'manual', instance, connectorKey }: SeedRequest): Promise<RunKey> {
  if (instance !== undefined) return storeRunOf(pool, instance, { trigger });
  const key = await storeRun(pool, { trigger, ...(connectorKey === undefined ? {} : { type: connectorKey }) });
  if (trigger === 'manual') return key;
  await pool.query(`insert into schedules (connector_instance_id, schedule) values ($1, '{"every": "1h"}')`, [key.connectorInstanceId]);
  return key;
}

function typeOf({ type, command = ['sh', 'script.sh'] }: SeedRequest): ConnectorTypeSpec {
  const document = { ...typeSpec(), ...type };
  return { ...document, runtime: { ...document.runtime, command: type?.runtime?.command ?? [...command] } };
}

/** Seeds type, connector and a due run; its program lies below `folder`. */
export async function seedRun(pool: Pool, folder: string, request: SeedRequest): Promise<RunKey> {
  const key = await storeConnectorRun(pool, request);
  const typeFolder = join(folder, 'types', key.runId);
  mkdirSync(typeFolder, { recursive: true, mode: 0o755 });
  for (const path of [join(folder, 'types'), typeFolder]) chmodSync(path, 0o755);
  writeFileSync(join(typeFolder, 'output'), outputBytes(request.output), { mode: 0o644 });
  writeFileSync(join(typeFolder, 'script.sh'), `OUT=output\n${request.script ?? emitOutput}\n`, { mode: 0o755 });
  const type = typeOf(request);
  await pool.query(
    `update connector_types t set document = $2, origin = $3 from connector_instances i
      where i.connector_instance_id = $1 and t.connector_key = i.connector_key`,
    [key.connectorInstanceId, JSON.stringify(type), JSON.stringify({ kind: 'folder', folder: typeFolder })],
  );
  await pool.query(
    `update spec_revisions v set spec = v.spec || $2::jsonb from connector_specs s where s.instance_id = $1 and v.spec_uid = s.uid`,
    [key.connectorInstanceId, JSON.stringify(request.spec ?? {})],
  );
  return key;
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

/** The START that a connector with `echoStart` in its script was sent. */
export function startOf(ran: RanRun): Record<string, unknown> {
  return JSON.parse(ran.log?.log.split('\n')[0] ?? '') as Record<string, unknown>;
}

/** A script that tells START on stderr, then writes the prepared output. */
export const echoStart = 'read -r start; printf "%s\\n" "$start" >&2; cat "$OUT"';
