import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../controller/cli/main.ts';
import { type Controller, startController } from '../../controller/compose/controller.ts';
import { validateOffline } from '../../controller/compose/offline.ts';
import { readConfig } from '../../controller/config.ts';
import { saveToken, type TokenSubject } from '../../controller/store/access/tokens.ts';
import { systemClock } from '../../platform/clock.ts';
import { writeClientFile } from '../../platform/client-file.ts';
import { systemIds } from '../../platform/ids.ts';
import { createLog } from '../../platform/log.ts';
import { StartSteps } from '../../platform/start-steps.ts';
import type { ConnectorType } from '../../schemas/connector-type.ts';
import { printYaml } from '../../schemas/print-yaml.ts';
import { createDatabase, type TestDatabase } from '../database.ts';
import { type AnswerCheck, type ApiDescription, answerCheck } from './api-description.ts';

/** Owners of the tests' connectors. */
export const ALICE = { type: 'user', id: '6f1c2a52-6a0e-4c7e-9a54-0d8c1f2b3a10' } as const;
export const BOB = { type: 'user', id: 'b0b00000-6a0e-4c7e-9a54-0d8c1f2b3a10' } as const;

const none = { owner: null, projectId: null, namespaces: null };
/** Tokens that the tests speak with, by name. */
const subjects = {
  operator: { ...none, kind: 'operator', subject: 'op' },
  alice: { ...none, kind: 'owner_agent', subject: 'alice', owner: ALICE },
  bob: { ...none, kind: 'owner_session', subject: 'bob', owner: BOB },
  bobInB: { ...none, kind: 'owner_agent', subject: 'bob in b', owner: BOB, namespaces: ['b'] },
  aliceProject: { ...none, kind: 'owner_agent', subject: 'alice in p', owner: ALICE, projectId: 'p' },
  client: { ...none, kind: 'client', subject: 'client', owner: ALICE },
  device: { ...none, kind: 'device', subject: 'device', owner: ALICE },
} satisfies Record<string, TokenSubject>;
export type Who = keyof typeof subjects;
export const tokenOf = (who: Who): string => `token-of-${who}-0123456789`;

/** JSON of any shape: tests look into it. */
// oxlint-disable-next-line typescript/no-explicit-any -- that is its sense
export type Json = any;

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

/** One request; a string body is sent as YAML, anything else as JSON. */
export interface ApiCall {
  readonly as?: Who;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** What one `connectorctl` did. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A controller on a database of its own, over HTTP, with one watched folder; no runtime, so that runs stay pending. */
export interface RunningController {
  readonly controller: Controller;
  readonly database: TestDatabase;
  /** The watched folder. */
  readonly folder: string;
  readonly dataFolder: string;
  /** Everything that was logged. */
  readonly logged: string[];
  /** Asks the API and checks the answer against its own description. Default: as the operator. */
  ask(method: string, path: string, call?: ApiCall): Promise<ApiAnswer>;
  /** Asks until the answer fits, bounded. */
  until(path: string, fits: (answer: ApiAnswer) => boolean): Promise<ApiAnswer>;
  ctl(...args: string[]): Promise<CliRun>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** Starts the composed controller with the given types; `stop` belongs in `afterAll`. */
export async function runningController(types: readonly ConnectorType[]): Promise<RunningController> {
  const database = await createDatabase();
  const root = await mkdtemp(join(tmpdir(), 'controller-'));
  const [folder, typesFolder, dataFolder] = [join(root, 'watch'), join(root, 'types'), join(root, 'data')];
  for (const path of [folder, typesFolder, dataFolder]) await mkdir(path);
  for (const type of types) await writeFile(join(typesFolder, `${type.metadata.name}-${type.spec.version}.yaml`), printYaml(type));
  const logged: string[] = [];
  const log = createLog({ role: 'test', clock: systemClock, level: 'debug', write: (line) => void logged.push(line) });
  const steps = new StartSteps(log);
  const flags = ['--watch', folder, '--types', typesFolder, '--data', dataFolder];
  const stop = async (): Promise<void> => {
    await steps.stop();
    await database.drop();
    await rm(root, { recursive: true, force: true });
  };
  const controller = await startController({
    config: { ...readConfig(flags, {}, folder), listen: { host: '127.0.0.1', port: 0 } },
    databaseUrl: database.url,
    clock: systemClock,
    ids: systemIds(systemClock),
    log,
    random: () => 0.5,
    version: '0.0.0',
    steps,
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  for (const [who, subject] of Object.entries(subjects)) await saveToken(database.pool, tokenOf(who as Who), subject);
  await writeClientFile(dataFolder, { server: controller.server, token: tokenOf('operator') });
  const check = answerCheck((await (await fetch(`${controller.server}/openapi.json`)).json()) as ApiDescription);
  const ask = (method: string, path: string, call: ApiCall = {}) => askApi({ server: controller.server, check }, `${method} ${path}`, call);
  return {
    controller,
    database,
    folder,
    dataFolder,
    logged,
    ask,
    until: (path, fits) => until(() => ask('GET', path), fits),
    ctl: (...args) => runCaptured(args, { CONNECTOR_DATA: dataFolder, CONNECTOR_TYPES: typesFolder }),
    stop,
  };
}

async function askApi(
  { server, check }: { server: string; check: AnswerCheck },
  call: string,
  { as = 'operator', body, headers }: ApiCall,
) {
  const [method = '', path = ''] = call.split(/ (.*)/);
  const type = typeof body === 'string' ? 'application/yaml' : 'application/json';
  const response = await fetch(server + path, {
    method,
    headers: { authorization: `Bearer ${tokenOf(as)}`, ...(body === undefined ? {} : { 'content-type': type }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /^application\/json(;|$)/.test(response.headers.get('content-type') ?? '');
  const answer: ApiAnswer = { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  if (isJson) check({ method, path, status: answer.status, body: answer.body });
  return answer;
}

async function until(look: () => Promise<ApiAnswer>, fits: (answer: ApiAnswer) => boolean): Promise<ApiAnswer> {
  const endMs = systemClock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    const answer = await look();
    if (fits(answer)) return answer;
    if (systemClock.monotonicMs() > endMs) throw new Error(`this never came about: ${answer.text.slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Runs `connectorctl` in this process and captures what it prints. */
export async function runCaptured(args: readonly string[], env: Record<string, string>, stdin = ''): Promise<CliRun> {
  const [out, err]: [Buffer[], string[]] = [[], []];
  const code = await runCli(args, {
    version: '0.0.0',
    env,
    clock: systemClock,
    defaultDataFolder: '/nowhere',
    stdin: async () => new Uint8Array(Buffer.from(stdin)),
    output: {
      data: (text) => void (text !== '' && out.push(Buffer.from(text.endsWith('\n') ? text : `${text}\n`))),
      raw: async (piece) => void out.push(Buffer.from(piece)),
      message: (text) => void err.push(text),
      colour: false,
    },
    validate: validateOffline,
  });
  return { code, stdout: Buffer.concat(out).toString(), stderr: err.join('\n') };
}
