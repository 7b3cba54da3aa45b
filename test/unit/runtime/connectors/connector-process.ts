import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';

/** One message of a connector; members by the protocol. */
export type Message = Readonly<Record<string, unknown>> & { readonly type: string };

export interface ConnectorRun {
  readonly messages: readonly Message[];
  /** The lines as they came. */
  readonly lines: readonly string[];
  readonly done: Message | undefined;
  readonly exitCode: number | null;
  readonly stderr: string;
  /** Stream to its last cursor: what the next run gets as `state`, after what it had. */
  readonly state: Readonly<Record<string, unknown>>;
}

export interface RunInput {
  readonly config: Readonly<Record<string, unknown>>;
  readonly streams: readonly (string | Readonly<Record<string, unknown>>)[];
  readonly state?: Readonly<Record<string, unknown>> | null;
  readonly mode?: 'incremental' | 'full_refresh';
  readonly bindings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

const folder = (name: string) => fileURLToPath(new URL(`../../../../runtime/connectors/${name}/`, import.meta.url));

/** Starts a connector as the runtime does: in its own folder, with a small environment, START on stdin. */
export function startConnector(name: string, { config, streams, state = null, mode = 'incremental', bindings, env = {} }: RunInput) {
  const variables = { PATH: process.env['PATH'] ?? '', CONNECTOR_CONFIG: JSON.stringify(config), CONNECTOR_WORKDIR: tmpdir(), ...env };
  const child = spawn(process.execPath, ['start.js'], { cwd: folder(name), env: variables });
  const scope = { streams: streams.map((stream) => (typeof stream === 'string' ? { name: stream } : stream)) };
  const start = {
    type: 'START',
    run_id: 'run-1',
    collection_mode: mode,
    bindings: bindings ?? { filesystem: {}, network: {} },
    state,
    scope,
  };
  child.stdin.write(`${JSON.stringify(start)}\n`);
  return child;
}

/** Runs a connector to its end: reads all of stdout, closes stdin once DONE was read, and checks the count of DONE as the runtime would. */
export async function runConnector(name: string, input: RunInput): Promise<ConnectorRun> {
  const child = startConnector(name, input);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    if (stdout.includes('"type":"DONE"')) child.stdin.end();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines = stdout.split('\n').filter((line) => line !== '');
  const messages = lines.map((line) => JSON.parse(line) as Message);
  const done = messages.at(-1);
  if (done?.type === 'DONE') expect(done['records_emitted']).toBe(messages.filter((message) => message.type === 'RECORD').length);
  const state = { ...input.state };
  for (const message of messages) if (message.type === 'STATE') state[String(message['stream'])] = message['cursor'];
  return { messages, lines, done, exitCode, stderr, state };
}

/** Records of a stream: key to data, or to null for a delete. */
export function recordsOf(run: ConnectorRun, stream: string): Map<string, Readonly<Record<string, unknown>> | null> {
  const records = run.messages.filter((message) => message.type === 'RECORD' && message['stream'] === stream);
  const key = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return new Map(
    records.map((record) => [key(record['key']), record['op'] === 'delete' ? null : (record['data'] as Record<string, unknown>)]),
  );
}

/** Expects the run to have failed with this code and gives its `DONE.error`. */
export function failureOf(run: ConnectorRun, code: string): Readonly<Record<string, unknown>> {
  expect(run.done).toMatchObject({ type: 'DONE', status: 'failed', error: { code } });
  expect(run.exitCode).toBe(1);
  return run.done?.['error'] as Readonly<Record<string, unknown>>;
}
