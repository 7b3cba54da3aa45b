import { resolve } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { readClientFile } from '../../platform/client-file.ts';
import { ApiClient } from './api-client.ts';
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
  api(): Promise<ApiClient>;
}

/** What the process gives to its commands. */
export interface Surroundings {
  readonly output: Output;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Used when neither `--data` nor `CONNECTOR_DATA` is there. */
  readonly defaultDataFolder: string;
}

/** Builds the context: `--server` and `--token` win over `client.json` of `--data`, `CONNECTOR_DATA` or the default data folder. */
export function commandContext(options: GlobalOptions, surroundings: Surroundings): CommandContext {
  let client: Promise<ApiClient> | undefined;
  return {
    output: surroundings.output,
    clock: surroundings.clock,
    env: surroundings.env,
    namespace: options.namespace ?? 'default',
    api() {
      client ??= connect(options, surroundings);
      return client;
    },
  };
}

async function connect(options: GlobalOptions, surroundings: Surroundings): Promise<ApiClient> {
  if (options.server !== undefined && options.token !== undefined) return new ApiClient({ server: options.server, token: options.token });
  const folder = resolve(options.data ?? (surroundings.env['CONNECTOR_DATA'] || surroundings.defaultDataFolder));
  const file = await readClientFile(folder);
  const server = options.server ?? file?.server;
  const token = options.token ?? file?.token;
  if (server === undefined || token === undefined) {
    throw new CommandFailure(
      `there is no readable client.json in ${folder} (start the product, or give --server and --token, or --data)`,
      2,
    );
  }
  return new ApiClient({ server, token });
}
