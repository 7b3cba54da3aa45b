import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pool } from '../../../platform/postgres/connect.ts';
import type { RunKey } from '../../../runtime/apis/run.ts';
import { seedRun } from '../../gen/executable-run.ts';

/** Files of one bench: what the product keeps, and the programs of its connectors. */
export interface BenchFolder {
  readonly path: string;
  /** Data folder of runtime and controller. */
  readonly data: string;
  remove(): void;
}

/** Makes the folder of one bench, through which a connector's own uid may pass. */
export function makeBenchFolder(): BenchFolder {
  const path = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  const data = join(path, 'data');
  mkdirSync(data);
  for (const folder of [path, data]) chmodSync(folder, 0o755);
  return { path, data, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A connector whose program is a file of this bench. */
export interface BenchConnector {
  /** Relative to `test/bench/`; the first is the program, the others are what it imports. */
  readonly files: readonly [string, ...string[]];
  readonly args?: readonly string[];
  /** Shared by connectors of one type. */
  readonly connectorKey?: string;
}

/** Where the program of a bench connector is before it is copied. */
export function programFile(file: string): string {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}

/** Stores type, connector and a due run of it. The files keep their places to each other in the type's folder. */
export async function seedConnector(pool: Pool, folder: BenchFolder, connector: BenchConnector): Promise<RunKey> {
  const { files, args = [], connectorKey } = connector;
  const command = ['node', files[0], ...args];
  const key = await seedRun(pool, folder.path, { command, ...(connectorKey === undefined ? {} : { connectorKey }) });
  for (const file of files) {
    const copy = join(folder.path, 'types', key.runId, file);
    mkdirSync(dirname(copy), { recursive: true });
    chmodSync(dirname(copy), 0o755);
    copyFileSync(programFile(file), copy);
    chmodSync(copy, 0o644);
  }
  return key;
}
