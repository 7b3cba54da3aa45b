import { join, resolve } from 'node:path';
import { configInvalid, oneOf, readSettings, type Setting, wholeNumber } from '../platform/settings.ts';

const setting = <T>(value: Setting<T>): Setting<T> => value;
const text = (value: string): string => value;
const MIB = 1_048_576;

/** Every setting of the connector boundary: default, bounds and unit in one place. */
export const runtimeSettings = {
  databaseUrl: setting<string | null>({
    env: 'DATABASE_URL',
    fallback: null,
    parse: text,
    description: 'PostgreSQL that is shared with the controller.',
  }),
  data: setting<string | null>({
    env: 'CONNECTOR_DATA',
    flag: '--data',
    fallback: null,
    parse: text,
    description: 'Data folder; run folders are made below it.',
  }),
  secrets: setting<string | null>({
    env: 'CONNECTOR_SECRETS',
    fallback: null,
    parse: text,
    description: 'Folder of the `file` secret provider. Default: `secrets/` in the data folder.',
  }),
  baseFolder: setting<string | null>({
    env: 'CONNECTOR_BASEDIR',
    fallback: null,
    parse: text,
    description: 'Folder from which relative paths in a config count. Default: the working folder.',
  }),
  logLevel: setting<'debug' | 'info' | 'warn' | 'error'>({
    env: 'CONNECTOR_LOG_LEVEL',
    flag: '--log-level',
    fallback: 'info',
    parse: oneOf(['debug', 'info', 'warn', 'error']),
    description: 'Least important line that is logged.',
  }),
  slots: setting({
    env: 'CONNECTOR_RUNTIME_SLOTS',
    fallback: 50,
    parse: wholeNumber(1, 1_000),
    description: 'Runs that one runtime executes at once.',
  }),
  maxRuns: setting({
    env: 'CONNECTOR_MAX_RUNS',
    fallback: 100,
    parse: wholeNumber(1, 100_000),
    description: 'Runs in flight over all runtimes.',
  }),
  maxRunsPerNamespace: setting({
    env: 'CONNECTOR_MAX_RUNS_PER_NAMESPACE',
    fallback: 50,
    parse: wholeNumber(1, 100_000),
    description: 'Runs in flight of one namespace.',
  }),
  maxRunsPerType: setting({
    env: 'CONNECTOR_MAX_RUNS_PER_TYPE',
    fallback: 50,
    parse: wholeNumber(1, 100_000),
    description: 'Runs in flight of one connector type.',
  }),
  maxRetries: setting({
    env: 'CONNECTOR_MAX_RETRIES',
    fallback: 5,
    parse: wholeNumber(0, 100),
    description: 'Retries of one run, over whatever its type says.',
  }),
  bufferMiB: setting({
    env: 'CONNECTOR_BUFFER_MIB',
    fallback: 24,
    parse: wholeNumber(4, 65_536),
    description: 'Raw bytes of records that wait for the database, over all runs of one runtime, in MiB.',
  }),
  drainSeconds: setting({
    env: 'CONNECTOR_DRAIN_SECONDS',
    fallback: 10,
    parse: wholeNumber(0, 3_600),
    description: 'How long a stop waits for runs to end by themselves before they are handed over, in seconds.',
  }),
  graceSeconds: setting({
    env: 'CONNECTOR_GRACE_SECONDS',
    fallback: 10,
    parse: wholeNumber(0, 600),
    description: 'Time between SIGTERM and SIGKILL of a connector, in seconds.',
  }),
} as const;

/** Frozen configuration of the connector boundary. */
export interface RuntimeConfig extends Omit<ReturnType<typeof readRuntimeSettings>, 'data' | 'secrets' | 'databaseUrl' | 'baseFolder'> {
  readonly databaseUrl: string;
  readonly dataFolder: string;
  readonly secretsFolder: string;
  readonly baseFolder: string;
  readonly bufferBytes: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The process's own environment: read by `readRuntimeConfig`, by the `env` secret provider, and for PATH, LANG and TZ of children. */
export function processEnvironment(): Environment {
  return process.env;
}

const readRuntimeSettings = (args: readonly string[], env: Environment) => readSettings(runtimeSettings, args, env);

/** Flags and environment to configuration. Throws one `ConfigInvalid` that names every fault. */
export function readRuntimeConfig(args: readonly string[], env: Environment): RuntimeConfig {
  const { data, secrets, databaseUrl, baseFolder, ...rest } = readRuntimeSettings(args, env);
  if (databaseUrl === null || data === null) throw configInvalid(['DATABASE_URL and CONNECTOR_DATA are both needed by a runtime']);
  const dataFolder = resolve(data);
  return Object.freeze({
    ...rest,
    databaseUrl,
    dataFolder,
    secretsFolder: resolve(secrets ?? join(dataFolder, 'secrets')),
    baseFolder: resolve(baseFolder ?? '.'),
    bufferBytes: rest.bufferMiB * MIB,
  });
}
