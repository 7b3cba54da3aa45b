import path from 'node:path';
import { ConnectorFailure } from './failure.ts';

/** What the runtime puts around a connector besides stdin and stdout. */
export interface Environment {
  /** The config of the Connector document, already valid against the type's `configSchema`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** A private folder, wiped after the run. */
  readonly workdir: string;
  /** Absolute form of a path in the config: what is relative counts from `CONNECTOR_BASEDIR`. */
  resolvePath(configured: string): string;
  /** A secret under its `auth.fields[].env` name; undefined when the document gives none. */
  secret(name: string): string | undefined;
}

/** Reads the environment of a connector. Throws `ConnectorFailure` `config_missing` when `CONNECTOR_CONFIG` is no JSON object. */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const base = variables['CONNECTOR_BASEDIR'] ?? process.cwd();
  return {
    config: parseConfig(variables['CONNECTOR_CONFIG']),
    workdir: variables['CONNECTOR_WORKDIR'] ?? process.cwd(),
    resolvePath: (configured) => path.resolve(base, configured),
    secret: (name) => variables[name] || undefined,
  };
}

function parseConfig(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below, without the text.
  }
  throw new ConnectorFailure({
    code: 'config_missing',
    message: 'CONNECTOR_CONFIG holds no JSON object; the runtime sets it from spec.config',
  });
}
