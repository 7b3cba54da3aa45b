import { resolve } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { type ClientFile, readClientFile } from '../../platform/client-file.ts';
import { type ApiAddress, ApiClient } from './api-client.ts';
import { CommandFailure } from './failure.ts';
import type { Output } from './output.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly server?: string;
  readonly token?: string;
  readonly data?: string;
  readonly namespace?: string;
}

/** What a command works with. The API is looked up on first use, so that offline commands need none. */
export interface CommandContext {
  readonly output: Output;
  readonly clock: Clock;
  readonly namespace: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Bytes of stdin, to its end. */
  stdin(): Promise<Uint8Array<ArrayBuffer>>;
  api(): Promise<ApiClient>;
}

/** What the process gives to its commands. */
export interface Surroundings {
  readonly output: Output;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: () => Promise<Uint8Array<ArrayBuffer>>;
  /** Used when neither `--data` nor `CONNECTOR_DATA` is there. */
  readonly defaultDataFolder: string;
}

/** Builds the context: `--server` and `--token`, or their variables, win over `client.json` of the data folder. */
export function commandContext(options: GlobalOptions, surroundings: Surroundings): CommandContext {
  let client: Promise<ApiClient> | undefined;
  const { output, clock, env, stdin } = surroundings;
  return {
    output,
    clock,
    env,
    stdin,
    namespace: options.namespace ?? 'default',
    api() {
      client ??= addressOf(options, surroundings).then((address) => new ApiClient(address));
      return client;
    },
  };
}

async function addressOf(options: GlobalOptions, surroundings: Surroundings): Promise<ApiAddress> {
  const { env } = surroundings;
  const server = options.server ?? given(env['CONNECTOR_SERVER']);
  const token = options.token ?? given(env['CONNECTOR_TOKEN']);
  if (server !== undefined && token !== undefined) return { server, token };
  const { folder, file } = await clientFile(options, surroundings);
  if (server !== undefined) requireSameServer(server, file, folder);
  return { server: server ?? file.server, token: token ?? file.token };
}

async function clientFile(
  { data }: GlobalOptions,
  { env, defaultDataFolder }: Surroundings,
): Promise<{ folder: string; file: ClientFile }> {
  const folder = resolve(data ?? given(env['CONNECTOR_DATA']) ?? defaultDataFolder);
  const file = await readClientFile(folder);
  if (file !== undefined) return { folder, file };
  const hint = 'start the product, or give --server and --token, or --data';
  throw new CommandFailure(`there is no readable client.json in ${folder} (${hint})`, 2);
}

/** The token of client.json is an operator's of that server and is shown to no other. */
function requireSameServer(server: string, file: ClientFile, folder: string): void {
  if (URL.canParse(server) && new URL(server).origin === new URL(file.server).origin) return;
  throw new CommandFailure(`the token in ${folder} is for ${file.server}: give --token for ${server}`, 2);
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
