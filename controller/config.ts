import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { hostAndPort, oneOf, pathList, readSettings, type Setting, wholeNumber } from '../platform/settings.ts';

/** Where the data folder lies when nobody says otherwise: one that the uid PostgreSQL drops to can reach. */
export function defaultDataFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (process.getuid?.() === 0) return '/var/lib/connector-controller';
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'connector-controller');
}

const setting = <T>(value: Setting<T>): Setting<T> => value;
const text = (value: string): string => value;

/** Every setting of the control plane: default, bounds and unit in one place. */
export const controllerSettings = {
  watch: setting<readonly string[] | null>({
    env: 'CONNECTOR_WATCH',
    flag: '--watch',
    list: true,
    fallback: null,
    parse: pathList,
    description: 'Folder of documents to watch; repeat the flag or join by `:`. Replaces the default, the examples.',
  }),
  types: setting<readonly string[]>({
    env: 'CONNECTOR_TYPES',
    flag: '--types',
    list: true,
    fallback: [],
    parse: pathList,
    description: 'Folder of ConnectorType documents, at any depth, beside those that are built in; repeat the flag or join by `:`.',
  }),
  data: setting<string | null>({
    env: 'CONNECTOR_DATA',
    flag: '--data',
    fallback: null,
    parse: text,
    description:
      'Data folder: embedded PostgreSQL, client.json, run folders. Default: /var/lib/connector-controller as root, else below ~/.local/state.',
  }),
  listen: setting({
    env: 'CONNECTOR_LISTEN',
    flag: '--listen',
    fallback: { host: '127.0.0.1', port: 8080 },
    parse: hostAndPort,
    description: 'Address of the API, host:port.',
  }),
  databaseUrl: setting<string | null>({
    env: 'DATABASE_URL',
    fallback: null,
    parse: text,
    description: 'A PostgreSQL of your own (15 or newer) instead of the embedded one.',
  }),
  logLevel: setting<'debug' | 'info' | 'warn' | 'error'>({
    env: 'CONNECTOR_LOG_LEVEL',
    flag: '--log-level',
    fallback: 'info',
    parse: oneOf(['debug', 'info', 'warn', 'error']),
    description: 'Least important line that is logged.',
  }),
  rescanSeconds: setting({
    env: 'CONNECTOR_RESCAN_SECONDS',
    fallback: 60,
    parse: wholeNumber(1, 86_400),
    description: 'A watched folder is listed again this often even when no event came, in seconds.',
  }),
  resyncSeconds: setting({
    env: 'CONNECTOR_RESYNC_SECONDS',
    fallback: 60,
    parse: wholeNumber(1, 86_400),
    description: 'Rows are compared with their documents this often, in seconds; the comparison only reads.',
  }),
  maxRetries: setting({
    env: 'CONNECTOR_MAX_RETRIES',
    fallback: 5,
    parse: wholeNumber(0, 100),
    description: 'Retries of one run, over whatever its type says.',
  }),
  retentionDays: setting({
    env: 'CONNECTOR_RETENTION_DAYS',
    fallback: 90,
    parse: wholeNumber(1, 36_500),
    description: 'Runs, events, logs and superseded records are kept this long, in days.',
  }),
  uninstallRetentionDays: setting({
    env: 'CONNECTOR_UNINSTALL_RETENTION_DAYS',
    fallback: 30,
    parse: wholeNumber(0, 36_500),
    description: 'An uninstalled connector and its records are kept this long before they are purged, in days.',
  }),
} as const;

/** Frozen configuration of the control plane. */
export interface Config extends Omit<ReturnType<typeof readControllerSettings>, 'watch' | 'types' | 'data'> {
  readonly watch: readonly string[];
  readonly types: readonly string[];
  readonly dataFolder: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The process's own environment, for `readConfig`; nothing else in the control plane reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

const readControllerSettings = (args: readonly string[], env: Environment) => readSettings(controllerSettings, args, env);

/**
 * Flags and environment to configuration. Throws one `ConfigInvalid` that names every fault. Paths become absolute.
 * @param examplesFolder watched when no folder is named.
 */
export function readConfig(args: readonly string[], env: Environment, examplesFolder: string): Config {
  const { watch, types, data, ...rest } = readControllerSettings(args, env);
  return Object.freeze({
    ...rest,
    watch: (watch ?? [examplesFolder]).map((folder) => resolve(folder)),
    types: types.map((folder) => resolve(folder)),
    dataFolder: resolve(data ?? defaultDataFolder(env)),
  });
}
