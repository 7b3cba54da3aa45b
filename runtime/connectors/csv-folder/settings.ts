import { createHash } from 'node:crypto';
import type { Session } from '../sdk/session.ts';

/** The config with its defaults filled in. */
export interface Settings {
  /** Absolute. */
  readonly folder: string;
  readonly pattern: string;
  readonly keyColumns: readonly string[];
  readonly textColumns: ReadonlySet<string>;
  readonly delimiter: string;
  readonly header: boolean;
  readonly encoding: string;
  /** Changes when the same bytes would make other records: then every file counts as changed. */
  readonly fingerprint: string;
}

/** Reads the validated config of a run. */
export function readSettings({ environment }: Session): Settings {
  const config = {
    pattern: '*.csv',
    keyColumns: [],
    textColumns: [],
    delimiter: ',',
    header: true,
    encoding: 'utf-8',
    ...environment.config,
  };
  const { keyColumns, textColumns, delimiter, header, encoding } = config;
  const shape = JSON.stringify([keyColumns, textColumns, delimiter, header, encoding]);
  return {
    ...config,
    folder: environment.resolvePath(String(environment.config['folder'])),
    textColumns: new Set(textColumns),
    fingerprint: createHash('sha256').update(shape).digest('hex').slice(0, 16),
  };
}
